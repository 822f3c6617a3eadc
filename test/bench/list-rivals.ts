import type { RunningServer } from "@fleet/broker";
import type { MasterProcess } from "../end-to-end/master-process.ts";
import { runApart } from "./apart.ts";
import type { BenchSwarm } from "./bench-swarm.ts";
import type { BenchmarkContext, Measurement } from "./benchmark.ts";
import type { KvReaderAnswer, KvReaderOptions } from "./programs/kv-reader.ts";
import type { RedisReaderAnswer, RedisReaderOptions } from "./programs/redis-reader.ts";
import { openRedisBeats, type RedisBeats } from "./redis-beats.ts";
import { startRedis } from "./redis-server.ts";
import { sampleBeat } from "./sample-beat.ts";
import { median } from "./statistics.ts";

export interface ListRivalsParts {
  /** Ended, with its master: each has the machine for itself, and `kv.keys` never ends while keys are rewritten. */
  readonly swarm: BenchSwarm;
  readonly master: MasterProcess;
  readonly server: RunningServer;
  readonly peels: number;
  /** Of the master's index, in the same run. */
  readonly listMs: number;
  readonly context: BenchmarkContext;
}

const LISTS = 5;
const COUNTS = 500;
const BRIEF_COUNTS = 20;
/** Peels that are looked up key by key: all of them would take a minute. */
const SAMPLE = 5_000;
/** Beats a second, for each way to keep them. */
const PER_SECOND = 10_000;
const BEAT_EVERY_MS = 10;
/** Beats under way while Redis is being filled. */
const FILL = 5_000;

/** The same peels listed and counted by those who keep them otherwise. */
export async function listRivals(parts: ListRivalsParts): Promise<Measurement[]> {
  const { swarm, master, server, peels, listMs, context } = parts;
  const many = peels.toLocaleString("en-US");
  const limit = { what: "list from the master's index", value: listMs };
  const counts = context.brief ? BRIEF_COUNTS : COUNTS;
  const countMs = await countKeys(swarm, counts);

  for (const { child, ended } of [swarm.command, master.command]) {
    child.kill("SIGKILL");
    await ended;
  }
  context.note("NATS KV, at rest");
  const sample = Math.min(SAMPLE, peels);
  const options: KvReaderOptions = { url: server.url, keys: peels, lists: LISTS, sample };
  const { keysMs, sampleMs } = await runApart<KvReaderAnswer>("kv-reader", options);
  const read = await readRedis(peels, counts, context);
  const ofRedis = (
    what: string,
    tookIn: (answer: RedisReaderAnswer) => readonly number[],
    held: Measurement["limit"] = limit,
  ) => ({
    what,
    unit: "ms",
    ...(typeof read === "string"
      ? { value: Number.NaN, notMeasured: read }
      : { value: median(tookIn(read)), limit: held }),
  });
  const counted = { what: "count of the bucket", value: median(countMs) };
  return [
    ofRedis(`Redis sorted set, ZRANGE of ${many}`, (answer) => answer.setListMs),
    ofRedis(`Redis SET EX, SCAN and MGET of ${many}`, (answer) => answer.keyListMs),
    ofRedis(`Redis sorted set, ZCARD of ${many}`, (answer) => answer.setCountMs, counted),
    ofRedis(`Redis SET EX, DBSIZE of ${many}`, (answer) => answer.keyCountMs, counted),
    { what: `NATS KV, kv.keys of ${many}, at rest`, unit: "ms", value: median(keysMs), limit },
    {
      what: `Zester's way, two gets for each of ${many}, at rest (of ${sample.toLocaleString("en-US")}, times ${peels / sample})`,
      unit: "ms",
      value: (sampleMs * peels) / sample,
      limit,
    },
  ];
}

async function countKeys({ bucket }: BenchSwarm, counts: number): Promise<number[]> {
  const took: number[] = [];
  for (let count = 0; count < counts; count += 1) {
    const startedMono = performance.now();
    await bucket.state();
    took.push(performance.now() - startedMono);
  }
  return took;
}

/** The reason where there is no Redis. */
async function readRedis(
  peels: number,
  counts: number,
  { note, uses }: BenchmarkContext,
): Promise<RedisReaderAnswer | string> {
  await using redis = await startRedis(uses);
  note(`Redis${redis.skip === undefined ? "" : `: not measured: ${redis.skip}`}`);
  if (redis.skip !== undefined) return redis.skip;
  const { port } = redis;
  const beat = sampleBeat();
  using set = await openRedisBeats({ port, way: "sorted set", keys: peels, beat });
  using own = await openRedisBeats({ port, way: "SET EX", keys: peels, beat });
  await Promise.all([fill(set, peels), fill(own, peels)]);
  const stop = keepBeating([set, own]);
  try {
    const options: RedisReaderOptions = { port, keys: peels, lists: LISTS, counts };
    return await runApart<RedisReaderAnswer>("redis-reader", options);
  } finally {
    stop();
  }
}

async function fill(beats: RedisBeats, peels: number): Promise<void> {
  let sent = 0;
  while (beats.acknowledged < peels) {
    const count = Math.min(FILL - beats.inFlight, peels - sent);
    if (count > 0) beats.beat(count);
    sent += Math.max(0, count);
    await new Promise<void>((resolve) => {
      beats.onAnswers = resolve;
    });
  }
  beats.onAnswers = () => {};
}

/** Sends the same beats a second to each; the function returned ends that. */
function keepBeating(all: readonly RedisBeats[]): () => void {
  const startedMono = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    const before = due;
    due = Math.floor(((performance.now() - startedMono) / 1_000) * PER_SECOND);
    for (const beats of all) if (due > before) beats.beat(due - before);
  }, BEAT_EVERY_MS);
  return () => clearInterval(timer);
}
