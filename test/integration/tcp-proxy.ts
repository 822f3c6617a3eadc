import { connect, createServer, type Socket } from "node:net";
import type { RunningServer } from "@fleet/broker";
import { findFreePort } from "@fleet/broker";

/** A stretch of network between a client and a server, with the ways it fails at hand. */
export interface TcpProxy extends AsyncDisposable {
  readonly url: string;
  /** Bytes that clients have sent through, held back ones not counted. */
  readonly sentBytes: number;
  /** Holds back what clients send, until `release`. */
  hold(): void;
  /** Sends on what was held back, all at once. */
  release(): void;
  /** Lets nothing through to clients, until the connections are cut. */
  muteServer(): void;
  /** Ends all connections; what clients have sent before still reaches the server. Later ones work as at first. */
  cut(): void;
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  held: Buffer[];
}

/** Starts a proxy in front of a server. */
export async function startTcpProxy(target: RunningServer): Promise<TcpProxy> {
  const links = new Set<Link>();
  let isHolding = false;
  let isMuted = false;
  let sentBytes = 0;

  const sendOn = ({ upstream }: Link, chunk: Buffer) => {
    sentBytes += chunk.length;
    upstream.write(chunk);
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: target.clientPort, host: "127.0.0.1", noDelay: true });
    const link: Link = { client, upstream, held: [] };
    links.add(link);
    client.on("data", (chunk) => {
      if (isHolding) link.held.push(chunk);
      else sendOn(link, chunk);
    });
    upstream.on("data", (chunk) => {
      if (!isMuted) client.write(chunk);
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
    isMuted = false;
    isHolding = false;
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
    muteServer() {
      isMuted = true;
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      for (const { upstream } of links) upstream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
