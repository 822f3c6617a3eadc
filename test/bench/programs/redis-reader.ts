// Lists and counts what is in Redis, with its own client: every id with the time of its beat, or every key with its beat.

import { decodeHeartbeat } from "@fleet/wire";
import { createClient, RESP_TYPES } from "@redis/client";
import { answer, givenOptions } from "../apart.ts";
import { REDIS_SET } from "../redis-beats.ts";

export interface RedisReaderOptions {
  readonly port: number;
  readonly keys: number;
  readonly lists: number;
  readonly counts: number;
}

export interface RedisReaderAnswer {
  /** Of the sorted set: ids and times. */
  readonly setListMs: readonly number[];
  /** Of the keys: `SCAN`, and `MGET` of what it found. */
  readonly keyListMs: readonly number[];
  readonly setCountMs: readonly number[];
  readonly keyCountMs: readonly number[];
}

/** Keys asked for at a time. */
const SCAN_COUNT = 1_000;

const { port, keys, lists, counts } = givenOptions<RedisReaderOptions>();
const client = createClient({ socket: { port, host: "127.0.0.1" } });
const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
await client.connect();

const listSet = async () => (await client.zRangeWithScores(REDIS_SET, 0, -1)).length;

const listKeys = async () => {
  const found = new Set<string>();
  let cursor = "0";
  do {
    const scanned = await client.scan(cursor, { COUNT: SCAN_COUNT, MATCH: "swarm-*" });
    cursor = String(scanned.cursor);
    if (scanned.keys.length === 0) continue;
    const beats = await bytes.mGet(scanned.keys);
    scanned.keys.forEach((key, index) => {
      const beat = beats[index];
      // A key may come more than once.
      if (beat instanceof Buffer && decodeHeartbeat(beat).ok) found.add(key);
    });
  } while (cursor !== "0");
  return found.size;
};

async function timed(times: number, work: () => Promise<number>, wanted: number): Promise<number[]> {
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const startedMono = performance.now();
    const found = await work();
    took.push(performance.now() - startedMono);
    if (found !== wanted) throw new Error(`${found} of ${wanted} were found`);
  }
  return took;
}

answer({
  setListMs: await timed(lists, listSet, keys),
  keyListMs: await timed(lists, listKeys, keys),
  setCountMs: await timed(counts, () => client.zCard(REDIS_SET), keys),
  // The sorted set is a key as well.
  keyCountMs: await timed(counts, async () => (await client.dbSize()) - 1, keys),
} satisfies RedisReaderAnswer);
