import { connect, createServer, type Socket } from "node:net";
import { findFreePort, type RunningServer } from "@fleet/broker";
import { createDeferred } from "@fleet/runtime";

/** A stretch of network between a client and a server, with the ways it fails at hand. */
export interface TcpProxy extends AsyncDisposable {
  readonly url: string;
  /** Bytes that clients have sent through, held back ones not counted. */
  readonly sentBytes: number;
  /** Holds back what clients send, until `release`. */
  hold(): void;
  /** Sends on what was held back, all at once. */
  release(): void;
  /** Holds back what the server answers, until `releaseAnswers`. */
  holdAnswers(): void;
  releaseAnswers(): void;
  /** Ends all connections and forgets what was held back; what was sent on before is not lost. Later ones work as at first. */
  cut(): void;
  /** Resolves when a client ends its connection. */
  readonly clientEnded: Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  held: Buffer[];
  heldAnswers: Buffer[];
}

/** Starts a proxy in front of a server. */
export async function startTcpProxy(target: RunningServer): Promise<TcpProxy> {
  const links = new Set<Link>();
  let isHolding = false;
  let isHoldingAnswers = false;
  let sentBytes = 0;
  const clientEnded = createDeferred();

  const sendOn = ({ upstream }: Link, chunk: Buffer) => {
    sentBytes += chunk.length;
    upstream.write(chunk);
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: target.clientPort, host: "127.0.0.1", noDelay: true });
    const link: Link = { client, upstream, held: [], heldAnswers: [] };
    links.add(link);
    client.on("data", (chunk) => {
      if (isHolding) link.held.push(chunk);
      else sendOn(link, chunk);
    });
    client.once("end", () => clientEnded.resolve());
    upstream.on("data", (chunk) => {
      if (isHoldingAnswers) link.heldAnswers.push(chunk);
      else client.write(chunk);
    });
    const end = () => {
      links.delete(link);
      client.destroy();
      upstream.end();
    };
    for (const socket of [client, upstream]) {
      socket.on("error", end);
      socket.on("close", end);
    }
  });
  const port = await findFreePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

  const cut = () => {
    for (const { client } of links) client.destroy();
    isHolding = false;
    isHoldingAnswers = false;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    get sentBytes() {
      return sentBytes;
    },
    hold() {
      isHolding = true;
    },
    release() {
      isHolding = false;
      for (const link of links) {
        for (const chunk of link.held) sendOn(link, chunk);
        link.held = [];
      }
    },
    holdAnswers() {
      isHoldingAnswers = true;
    },
    releaseAnswers() {
      isHoldingAnswers = false;
      for (const link of links) {
        for (const chunk of link.heldAnswers) link.client.write(chunk);
        link.heldAnswers = [];
      }
    },
    cut,
    clientEnded: clientEnded.promise,
    async [Symbol.asyncDispose]() {
      cut();
      for (const { upstream } of links) upstream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
