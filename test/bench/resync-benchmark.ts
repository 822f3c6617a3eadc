import { runApart } from "./apart.ts";
import { BENCH_TTL_MS, startBenchBroker } from "./bench-broker.ts";
import { startBenchSwarm } from "./bench-swarm.ts";
import type { Benchmark } from "./benchmark.ts";
import type { ReplayAnswer, ReplayOptions } from "./programs/bare-replay.ts";
import type { ReadingAnswer, ReadingOptions } from "./programs/view-reading.ts";

/** So long that nobody beats twice while the bucket is filled. */
const INTERVAL_MS = 200_000;
const SIZE = { peels: 1_000_000, ramp: "10s" };
const BRIEF_SIZE: typeof SIZE = { peels: 5_000, ramp: "0s" };

export const resyncBenchmark: Benchmark = {
  name: "resync",
  summary: "a master's view reads a bucket of 1M keys, at its start and again, against a bare replay",
  measures:
    "The view of a master meets 1,000,000 peels in a bucket in memory: time until it knows all of them and is certain, then the time of a second reading, as after a gap; and for how long at a time the process could do nothing else. Held against the client's ordered consumer, which only counts what it is given.",
  leavesOut:
    "beats that come in meanwhile, reading what the roster says of the peels, and writing it for those it does not know (see mass).",
  async run({ serverPath, brief, note }) {
    const { peels, ramp } = brief ? BRIEF_SIZE : SIZE;
    await using server = await startBenchBroker(serverPath);
    const { url } = server;
    {
      note(`a bucket of ${peels} keys`);
      await using swarm = await startBenchSwarm(url, { peels, interval: `${INTERVAL_MS}ms`, ramp });
      await swarm.untilStored(peels);
    }
    note("bare replay");
    const bare = await runApart<ReplayAnswer>("bare-replay", { url, keys: peels } satisfies ReplayOptions);
    note("snapshot and resync");
    const options: ReadingOptions = { url, peels, intervalMs: INTERVAL_MS, ttlMs: BENCH_TTL_MS };
    const readings = await runApart<ReadingAnswer>("view-reading", options);
    const limit = { what: "bare replay", value: bare.tookMs / 1_000 };
    const of = `of ${peels.toLocaleString("en-US")} peels`;
    return [
      ...(["snapshot", "resync"] as const).flatMap((kind) => [
        { what: `${kind} ${of}`, unit: "s", value: readings[kind].tookMs / 1_000, limit },
        { what: `${kind} ${of}, longest pause`, unit: "ms", value: readings[kind].blockedMs },
      ]),
      { what: `peak memory of the process with both ${of}`, unit: "MB", value: readings.peakRssMb },
    ];
  },
};
