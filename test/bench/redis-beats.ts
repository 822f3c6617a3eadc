import { once } from "node:events";
import { createConnection } from "node:net";

/** How presence is kept in Redis: one sorted set with the time of each last beat, or a key with a TTL for each peel. */
export type RedisWay = "sorted set" | "SET EX";

export const REDIS_SET = "beats";
/** Longer than any benchmark. */
const EXPIRE_SECONDS = 600;

/**
 * Beats into Redis over one connection, any number of them under way: written as bytes and answered by lines, without a client in
 * between, which is as fast as one process can be.
 */
export interface RedisBeats extends Disposable {
  readonly acknowledged: number;
  readonly inFlight: number;
  /** Sends a beat of each of the next `count` peels. */
  beat(count: number): void;
  /** Calls `onAnswers` whenever answers have come. */
  onAnswers: () => void;
}

export interface RedisBeatsOptions {
  readonly port: number;
  readonly way: RedisWay;
  /** Peels, whose beats come in turn. */
  readonly keys: number;
  /** What a key of its own holds. */
  readonly beat: Uint8Array;
}

const LINE_END = "\n".charCodeAt(0);

export async function openRedisBeats({ port, way, keys, beat }: RedisBeatsOptions): Promise<RedisBeats> {
  const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const value = Buffer.from(beat).toString("latin1");
  let [sent, acknowledged] = [0, 0];
  const beats: RedisBeats = {
    get acknowledged() {
      return acknowledged;
    },
    get inFlight() {
      return sent - acknowledged;
    },
    beat(count) {
      let commands = "";
      const now = String(Date.now());
      for (let each = 0; each < count; each += 1) {
        const id = redisPeelId(sent % keys);
        commands += way === "SET EX" ? setCommand(id, value) : addCommand(id, now);
        sent += 1;
      }
      socket.write(commands, "latin1");
    },
    onAnswers() {},
    [Symbol.dispose]() {
      socket.destroy();
    },
  };
  socket.on("data", (chunk: Buffer) => {
    // An error is a line as well.
    if (chunk.includes("-ERR")) throw new Error(`Redis refuses: ${chunk.toString("latin1").slice(0, 200)}`);
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) acknowledged += 1;
    beats.onAnswers();
  });
  return beats;
}

export function redisPeelId(peel: number): string {
  return `swarm-${String(peel).padStart(6, "0")}`;
}

function addCommand(id: string, now: string): string {
  return `*4\r\n$4\r\nZADD\r\n$${REDIS_SET.length}\r\n${REDIS_SET}\r\n$${now.length}\r\n${now}\r\n$${id.length}\r\n${id}\r\n`;
}

function setCommand(id: string, value: string): string {
  return `*5\r\n$3\r\nSET\r\n$${id.length}\r\n${id}\r\n$${value.length}\r\n${value}\r\n$2\r\nEX\r\n$3\r\n${EXPIRE_SECONDS}\r\n`;
}
