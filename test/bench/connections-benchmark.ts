import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { createBucket } from "@fleet/bus";
import { HEARTBEAT_BUCKET } from "@fleet/wire";
import { connectSession } from "../integration/bus-session.ts";
import { forkApart } from "./apart.ts";
import { startBenchBroker } from "./bench-broker.ts";
import { startBenchSwarm } from "./bench-swarm.ts";
import type { Benchmark, BenchmarkContext, Measurement } from "./benchmark.ts";
import { type BeatCost, costOfBeats } from "./broker-cost.ts";
import { rssMbOf } from "./process-usage.ts";
import type { ConnectedPeelsOptions, ConnectedPeelsReport } from "./programs/connected-peels.ts";
import { loadReached } from "./reached-load.ts";

/** Connections, and the interval at which they make for 2,000 beats a second. */
const SIZES = [
  { peels: 2_000, intervalMs: 1_000 },
  { peels: 10_000, intervalMs: 5_000 },
] as const;
/** Peels of the swarm, each of which beats once a second. */
const PIPELINED = 20_000;
const BRIEF_SIZES = [{ peels: 100, intervalMs: 50 }] as const;
const BRIEF_PIPELINED = 5_000;
/** Files that a process needs besides its connections. */
const OTHER_FILES = 500;

export const connectionsBenchmark: Benchmark = {
  name: "connections",
  summary: "one connection for each peel, 2,000 and 10,000 of them: CPU and memory of the broker, against a swarm",
  measures:
    "Peels that have a connection each, with the login, the subscriptions and the acknowledged beats of a real one, 2,000 beats a second in all: CPU of the broker for each beat it stores, and what its memory has grown by for each peel, its key included. Held against a swarm that sends 20,000 beats a second over two connections.",
  leavesOut: "TLS, which costs more at each dial and takes more memory, and the peels' own processes (see peel).",
  async run({ serverPath, brief, note }) {
    const [sizes, pipelined] = brief ? [BRIEF_SIZES, BRIEF_PIPELINED] : [SIZES, PIPELINED];
    const times = brief ? { settleMs: 0, measureMs: 1_000 } : { settleMs: 3_000, measureMs: 6_000 };
    const files = await maxOpenFiles();
    note(`a swarm, ${pipelined} beats a second`);
    const swarm = await pipelinedCost(serverPath, pipelined, times);
    const results: Measurement[] = [];
    for (const size of sizes) {
      if (size.peels + OTHER_FILES > files) {
        note(`${size.peels} connections left out: a process may open ${files} files here`);
        continue;
      }
      note(`${size.peels} connections`);
      const { brokerUs, beatsPerSecond, bytesPerPeel } = await connectedCost(serverPath, size, times);
      const of = `${size.peels.toLocaleString("en-US")} connections`;
      results.push(
        {
          what: `broker, CPU a beat, ${of}`,
          unit: "us",
          value: brokerUs,
          limit: { what: "swarm over two connections", value: swarm.brokerUs },
        },
        { what: `broker, memory a peel, ${of}`, unit: "kB", value: bytesPerPeel / 1_000 },
        loadReached({ due: (size.peels * 1_000) / size.intervalMs, when: of }, beatsPerSecond, {
          what: `swarm, of ${pipelined.toLocaleString("en-US")}`,
          value: swarm.beatsPerSecond,
        }),
      );
    }
    return results;
  },
};

interface Times {
  readonly settleMs: number;
  readonly measureMs: number;
}

async function pipelinedCost(serverPath: string, peels: number, { settleMs, measureMs }: Times): Promise<BeatCost> {
  await using server = await startBenchBroker(serverPath);
  await using swarm = await startBenchSwarm(server.url, { peels, interval: "1s" });
  await swarm.untilStored(peels);
  await pause(settleMs);
  return await costOfBeats(server, swarm.bucket, measureMs);
}

async function connectedCost(
  serverPath: BenchmarkContext["serverPath"],
  size: (typeof SIZES | typeof BRIEF_SIZES)[number],
  { settleMs, measureMs }: Times,
): Promise<BeatCost & { bytesPerPeel: number }> {
  await using server = await startBenchBroker(serverPath);
  await using session = await connectSession({ urls: [server.url] });
  const beforeMb = await rssMbOf(server.pid);
  const options: ConnectedPeelsOptions = { port: server.clientPort, ...size };
  await using _peels = await forkApart<ConnectedPeelsReport>("connected-peels", options);
  await pause(settleMs);
  const cost = await costOfBeats(server, createBucket(session.connection, HEARTBEAT_BUCKET), measureMs);
  return { ...cost, bytesPerPeel: (((await rssMbOf(server.pid)) - beforeMb) * 1e6) / size.peels };
}

/** Node.js has raised its own limit to what is allowed at most, and so has what it starts. */
async function maxOpenFiles(): Promise<number> {
  const [, , most] = /^Max open files +(\S+) +(\S+)/m.exec(await readFile("/proc/self/limits", "utf8")) ?? [];
  return most === "unlimited" ? Number.POSITIVE_INFINITY : Number(most);
}
