// Peels of which each has a connection of its own, as real ones have, and nothing else that a process would need.
import { connect } from "node:net";
import { beatPhaseMs } from "@fleet/presence";
import { createDeferred } from "@fleet/runtime";
import { bucketSubject, createHeartbeatWriter, HEARTBEAT_BUCKET, PROTOCOL_VERSION, peelPingSubject } from "@fleet/wire";
import { givenOptions } from "../apart.ts";

export interface ConnectedPeelsOptions {
  readonly port: number;
  readonly peels: number;
  readonly intervalMs: number;
}

/** Sent once, when every peel has had a beat acknowledged. */
export interface ConnectedPeelsReport {
  readonly peels: number;
}

/** Connections that are made at a time. */
const DIALS = 200;
const SESSION = Buffer.from("2pGuqGpJ0Hk5mGkcqF3VqVb0W7Z");
const GREETING = {
  verbose: false,
  pedantic: false,
  lang: "bench",
  version: "1.0.0",
  headers: true,
  no_responders: true,
};

const { port, peels, intervalMs } = givenOptions<ConnectedPeelsOptions>();
const writer = createHeartbeatWriter({
  version: "1.0.0",
  protocol: PROTOCOL_VERSION,
  intervalMs,
  ping: true,
  sessionLength: SESSION.length,
});
let next = 0;
await Promise.all(
  Array.from({ length: DIALS }, async () => {
    while (next < peels) {
      next += 1;
      await beginPeel(`peel-${next}`);
    }
  }),
);
process.send?.({ peels } satisfies ConnectedPeelsReport);

/** Dials, subscribes as a peel does, and beats from then on; resolves with the answer to the first beat. */
function beginPeel(id: string): Promise<void> {
  const acknowledged = createDeferred();
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const inbox = `_INBOX_${id}.beat`;
  const publish = `PUB ${bucketSubject(HEARTBEAT_BUCKET, id)} ${inbox}`;
  let seq = 0;
  const beat = () => {
    seq += 1;
    const value = writer.write(Date.now(), SESSION, seq);
    socket.write(Buffer.concat([Buffer.from(`${publish} ${value.length}\r\n`), value, Buffer.from("\r\n")]));
  };
  socket.once("error", (error) => {
    throw error;
  });
  socket.once("connect", () => {
    const subscriptions = `SUB ${peelPingSubject(id)} 1\r\nSUB _INBOX_${id}.* 2\r\n`;
    socket.write(`CONNECT ${JSON.stringify({ ...GREETING, name: `peel:${id}:${SESSION}` })}\r\n${subscriptions}`);
    beat();
    setTimeout(
      () => {
        beat();
        setInterval(beat, intervalMs);
      },
      beatPhaseMs(id, intervalMs),
    );
  });
  socket.setEncoding("latin1").on("data", (text: string) => {
    if (text.includes("PING\r\n")) socket.write("PONG\r\n");
    if (text.includes("-ERR")) throw new Error(`${id}: ${text}`);
    if (text.includes("MSG ")) acknowledged.resolve();
  });
  return acknowledged.promise;
}
