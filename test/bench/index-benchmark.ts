import type { RunningServer } from "@fleet/broker";
import { createDeferred } from "@fleet/runtime";
import { connectSession } from "../integration/bus-session.ts";
import { runApart } from "./apart.ts";
import { BENCH_TTL_MS, startBenchBroker } from "./bench-broker.ts";
import { startBenchSwarm } from "./bench-swarm.ts";
import type { Benchmark, Measurement } from "./benchmark.ts";
import type { FloodOptions } from "./programs/flood.ts";
import type { FloodedAnswer } from "./programs/flooded-listener.ts";
import type { IndexMemoryAnswer, IndexMemoryOptions } from "./programs/index-memory.ts";
import type { ListenerOptions } from "./programs/listening.ts";
import type { PacedAnswer, PacedOptions } from "./programs/paced-listener.ts";

const INTERVAL_MS = 1_000;
/** So many that nobody in the fleet beats twice while it joins. */
const MEMORY_INTERVAL_MS = 200_000;

const SIZES = {
  paced: 50_000,
  warmUpMs: 3_000,
  measureMs: 5_000,
  flood: { keys: 50_000, beats: 300_000, floods: 3 },
  memory: { peels: 1_000_000, ramp: "10s" },
};
const BRIEF_SIZES: typeof SIZES = {
  paced: 2_000,
  warmUpMs: 200,
  measureMs: 500,
  flood: { keys: 1_000, beats: 10_000, floods: 1 },
  memory: { peels: 10_000, ramp: "0s" },
};

export const indexBenchmark: Benchmark = {
  name: "index",
  summary: "beats through the bus into a master's index: CPU a beat, beats out of a burst, memory for 1M peels",
  measures:
    "A process with the view that a master has, which decodes each beat, judges it and remembers its peel. CPU a beat while a swarm beats 50,000 times a second; beats that it takes in a second of its CPU, out of a burst of 300,000; memory after a collection, with 1,000,000 peels less without any. Held against a subscription whose callback only counts, on the same broker.",
  leavesOut: "the rest of a master: roster, facts, metrics and queries.",
  async run({ serverPath, brief, note }) {
    const sizes = brief ? BRIEF_SIZES : SIZES;
    const limit = "bare subscription";
    const results: Measurement[] = [];
    {
      await using server = await startBenchBroker(serverPath);
      const paced = await pacedBoth(server, sizes, note);
      results.push({
        what: "index, CPU a beat",
        unit: "us",
        value: paced.index.cpuUsPerBeat,
        limit: { what: limit, value: paced.bare.cpuUsPerBeat },
        budget: { mostOfLimit: 1.7 },
      });
      results.push({
        what: `beats heard, of ${sizes.paced.toLocaleString("en-US")} due a second`,
        unit: "1/s",
        value: paced.index.beatsPerSecond,
        limit: { what: limit, value: paced.bare.beatsPerSecond },
      });
    }
    {
      await using server = await startBenchBroker(serverPath);
      const flooded = await floodedBoth(server, sizes, note);
      results.push({
        what: "index, beats a second of CPU in a burst",
        unit: "1/s",
        value: flooded.index.beatsPerCpuSecond,
        limit: { what: limit, value: flooded.bare.beatsPerCpuSecond },
      });
    }
    const { peels } = sizes.memory;
    note(`memory of ${peels} peels`);
    await using server = await startBenchBroker(serverPath);
    const { usedBytesPerPeel, rssBytesPerPeel } = await memoryOf(server, sizes);
    const label = `with ${peels.toLocaleString("en-US")} peels`;
    return [
      ...results,
      { what: `index, memory a peel ${label}`, unit: "bytes", value: usedBytesPerPeel, budget: { most: 600 } },
      { what: `index, growth of the process a peel ${label}`, unit: "bytes", value: rssBytesPerPeel },
    ];
  },
};

type Both<Answer> = Readonly<Record<ListenerOptions["as"], Answer>>;

async function pacedBoth(
  { url }: RunningServer,
  { paced: peels, warmUpMs, measureMs }: typeof SIZES,
  note: (text: string) => void,
): Promise<Both<PacedAnswer>> {
  await using swarm = await startBenchSwarm(url, { peels, interval: `${INTERVAL_MS}ms` });
  await swarm.untilStored(peels);
  const listen = (as: ListenerOptions["as"]) => {
    note(`${as}, ${peels} beats a second`);
    const options: PacedOptions = { url, as, intervalMs: INTERVAL_MS, ttlMs: BENCH_TTL_MS, warmUpMs, measureMs };
    return runApart<PacedAnswer>("paced-listener", options);
  };
  return { bare: await listen("bare"), index: await listen("index") };
}

async function floodedBoth(
  { url }: RunningServer,
  { flood }: typeof SIZES,
  note: (text: string) => void,
): Promise<Both<FloodedAnswer>> {
  const listen = async (as: ListenerOptions["as"]) => {
    note(`${as}, ${flood.beats} beats at once`);
    const options: ListenerOptions & FloodOptions = { url, as, intervalMs: INTERVAL_MS, ttlMs: BENCH_TTL_MS, ...flood };
    const [answer] = await Promise.all([
      runApart<FloodedAnswer>("flooded-listener", options),
      runApart("beat-flood", { url, ...flood } satisfies FloodOptions),
    ]);
    return answer;
  };
  return { bare: await listen("bare"), index: await listen("index") };
}

async function memoryOf({ url }: RunningServer, { memory }: typeof SIZES): Promise<IndexMemoryAnswer> {
  const { peels, ramp } = memory;
  const options: IndexMemoryOptions = {
    url,
    peels,
    intervalMs: MEMORY_INTERVAL_MS,
    ttlMs: BENCH_TTL_MS,
    readySubject: "bench.memory.ready",
  };
  await using session = await connectSession({ urls: [url] });
  const ready = createDeferred();
  session.connection.subscribe(options.readySubject, () => ready.resolve());
  await session.connection.flush(5_000);
  const answer = runApart<IndexMemoryAnswer>("index-memory", options);
  await Promise.race([ready.promise, answer]);
  await using swarm = await startBenchSwarm(url, { peels, interval: `${MEMORY_INTERVAL_MS}ms`, ramp });
  await swarm.untilStored(peels);
  return await answer;
}
