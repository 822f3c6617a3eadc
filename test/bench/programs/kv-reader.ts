// Lists the heartbeat bucket with what the NATS client has for it.
import { connect, type KV } from "nats";
import { answer, givenOptions } from "../apart.ts";

export interface KvReaderOptions {
  readonly url: string;
  readonly keys: number;
  readonly lists: number;
  /** Peels that are looked up one by one. */
  readonly sample: number;
}

export interface KvReaderAnswer {
  /** Keys alone, by `kv.keys`. */
  readonly keysMs: readonly number[];
  /** Facts and beat of each peel of the sample, one get after the other. */
  readonly sampleMs: number;
}

const { url, keys, lists, sample } = givenOptions<KvReaderOptions>();
const client = await connect({ servers: url });
const open = (name: string): Promise<KV> => client.jetstream().views.kv(name, { bindOnly: true });
const [beats, facts] = [await open("peel-heartbeat"), await open("facts")];

const listKeys = async () => {
  const found = new Set<string>();
  for await (const key of await beats.keys()) found.add(key);
  return found;
};

const keysMs: number[] = [];
let found = new Set<string>();
for (let list = 0; list < lists; list += 1) {
  const startedMono = performance.now();
  found = await listKeys();
  keysMs.push(performance.now() - startedMono);
  if (found.size !== keys) throw new Error(`${found.size} of ${keys} keys were found`);
}

const startedMono = performance.now();
for (const key of [...found].slice(0, sample)) {
  const [told, beat] = [await facts.get(key), await beats.get(key)];
  if (!told || !beat) throw new Error(`${key} is not there`);
}
answer({ keysMs, sampleMs: performance.now() - startedMono } satisfies KvReaderAnswer);
