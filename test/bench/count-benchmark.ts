import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { bucketStream, HEARTBEAT_BUCKET } from "@fleet/wire";
import { connect } from "nats";
import { startBenchBroker } from "./bench-broker.ts";
import { startBenchSwarm } from "./bench-swarm.ts";
import type { Benchmark, BenchmarkContext, Measurement } from "./benchmark.ts";
import { loadReached, watchLoad } from "./reached-load.ts";
import { quantile } from "./statistics.ts";

const BEATS_PER_SECOND = 10_000;
/** Keys, and the interval at which they make for so many beats: the load is the same, whatever the size. */
const SIZES = [
  { keys: 1_000, interval: "100ms" },
  { keys: 10_000, interval: "1s" },
  { keys: 100_000, interval: "10s" },
  { keys: 1_000_000, interval: "100s" },
] as const;
/** Faster than a swarm does it by itself: nothing is measured by then. */
const JOINS_PER_MS = 100;
const LOOKS = 300;
const BRIEF_LOOKS = 20;
const SETTLE_MS = 1_500;
/** Longer than a count takes, so that counts do not queue behind one another. */
const BETWEEN_LOOKS_MS = 5;

export const countBenchmark: Benchmark = {
  name: "count",
  summary: "time to count 1k to 1M keys while 10,000 beats a second come in, against bare stream info",
  measures:
    "Time from asking the broker how many keys there are to its answer, while 10,000 beats a second come in, whatever the number of keys; held against the plain request to JetStream.",
  leavesOut:
    "markers and crashed peels, which a master takes off the count from what it knows, in no time that could be measured.",
  async run(context) {
    const results: Measurement[] = [];
    for (const size of context.brief ? SIZES.slice(0, 1) : SIZES) results.push(...(await countAt(size, context)));
    return results;
  },
};

async function countAt(
  { keys, interval }: (typeof SIZES)[number],
  { serverPath, brief, note }: BenchmarkContext,
): Promise<Measurement[]> {
  note(`count at ${keys} keys`);
  await using server = await startBenchBroker(serverPath);
  await using swarm = await startBenchSwarm(server.url, { peels: keys, interval, ramp: `${keys / JOINS_PER_MS}ms` });
  const { bucket } = swarm;
  const bare = await connect({ servers: server.url });
  try {
    await swarm.untilStored(keys);
    // What the joining has left to the broker to tidy up is over by then.
    if (!brief) await pause(SETTLE_MS);

    const subject = `$JS.API.STREAM.INFO.${bucketStream(HEARTBEAT_BUCKET)}`;
    const load = await watchLoad(bucket);
    const [counts, infos]: [number[], number[]] = [[], []];
    for (let look = 0; look < (brief ? BRIEF_LOOKS : LOOKS); look += 1) {
      counts.push(await timed(async () => assert.equal((await bucket.state()).keys, keys)));
      infos.push(await timed(() => bare.request(subject)));
      await pause(BETWEEN_LOOKS_MS);
    }
    const beatsPerSecond = await load();
    const label = `count of ${keys.toLocaleString("en-US")} keys`;
    const measured = [0.5, 0.99].map((part) => ({
      what: `${label}, p${part * 100}`,
      unit: "ms",
      value: quantile(counts, part),
      limit: { what: "bare stream info", value: quantile(infos, part) },
      ...(part === 0.99 && { budget: { most: 10 } }),
    }));
    const when = `${keys.toLocaleString("en-US")} keys`;
    return [...measured, loadReached({ due: BEATS_PER_SECOND, when }, beatsPerSecond)];
  } finally {
    await bare.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMono = performance.now();
  await work();
  return performance.now() - startedMono;
}
