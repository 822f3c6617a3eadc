import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { type Bucket, createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { FACTS_BUCKET, ROSTER_BUCKET } from "@fleet/wire";
import { metricsOf } from "../end-to-end/daemon-metrics.ts";
import type { MasterProcess } from "../end-to-end/master-process.ts";
import { BENCH_TTL_MS, startBenchBroker } from "./bench-broker.ts";
import { startBenchMaster } from "./bench-master.ts";
import { type BenchSwarm, startBenchSwarm } from "./bench-swarm.ts";
import type { Benchmark, Measurement } from "./benchmark.ts";
import { rssMbOf } from "./process-usage.ts";
import { loadReached, watchLoad } from "./reached-load.ts";

const SIZE = { peels: 200_000, intervalMs: 20_000, ramp: "20s", settleMs: 15_000 };
const BRIEF_SIZE: typeof SIZE = { peels: 2_000, intervalMs: 1_000, ramp: "0s", settleMs: 500 };
const LIMIT_MS = 300_000;
const LOOK_MS = 1_000;

export const memoryBenchmark: Benchmark = {
  name: "memory",
  summary: "memory of a broker and a whole master for each peel with facts, before and after all have come back",
  measures:
    "A broker with buckets on file and Go's own GOGC, a whole master, and a swarm of 200,000 peels with facts, 10,000 beats a second: what the two processes have grown by for each peel once the roster is written, and again once every peel has come back in another session. Then a master of a partition that has no peels, which keeps the facts of all others: what it has for each of them above what a master had at its start.",
  leavesOut:
    "connections of the peels (see connections), a bucket in memory (see million), facts that differ from machine to machine, and garbage that a longer time or a list would leave.",
  async run({ serverPath, brief, note }) {
    const { peels, intervalMs, ramp, settleMs } = brief ? BRIEF_SIZE : SIZE;
    const interval = `${intervalMs}ms`;
    const flags = { "heartbeat-interval": interval, "heartbeat-ttl": `${BENCH_TTL_MS}ms` };
    await using server = await startBenchBroker(serverPath, BENCH_TTL_MS, "file");
    await using master = await startBenchMaster(server, "master-1", flags);
    await master.untilLogged("leader lease acquired");
    await pause(settleMs);
    const memory = async () => ({ broker: await rssMbOf(server.pid), master: await rssMbOf(master.command.pid) });
    const atRest = await memory();
    const grown = async (suffix: string): Promise<Measurement[]> => {
      await pause(settleMs);
      const now = await memory();
      return (["broker", "master"] as const).map((name) => ({
        what: `${name}, memory a peel${suffix}`,
        unit: "bytes",
        value: ((now[name] - atRest[name]) * 1e6) / peels,
      }));
    };

    note(`${peels} peels join`);
    const swarmOptions = { peels, interval, ramp, facts: true };
    const joined = await (async () => {
      await using swarm = await startBenchSwarm(server.url, swarmOptions);
      await untilWritten(swarm, master, peels, peels);
      return await grown("");
    })();

    note("they come back");
    await using swarm = await startBenchSwarm(server.url, swarmOptions);
    await untilWritten(swarm, master, peels, 2 * peels);
    const load = await watchLoad(swarm.bucket);
    const back = await grown(", once all have come back");
    const beatsPerSecond = await load();

    note("a master of another partition");
    await using elsewhere = await startBenchMaster(server, "master-2", { ...flags, partition: "1" });
    await elsewhere.untilLogged("leader lease acquired");
    await pause(settleMs);
    const elsewhereMb = await rssMbOf(elsewhere.command.pid);
    return [
      ...joined,
      ...back,
      {
        what: "master, memory a peel of another partition",
        unit: "bytes",
        value: ((elsewhereMb - atRest.master) * 1e6) / peels,
      },
      loadReached({ due: (peels * 1_000) / intervalMs }, beatsPerSecond),
    ];
  },
};

/** Resolves when the master counts all of them, their facts are there, and the roster has had so much written and no more comes. */
async function untilWritten(
  swarm: BenchSwarm,
  master: MasterProcess,
  peels: number,
  transitions: number,
): Promise<void> {
  const of = (name: string): Bucket => createBucket(swarm.session.connection, name);
  const [facts, roster] = [of(FACTS_BUCKET), of(ROSTER_BUCKET)];
  let written = 0;
  await eventually(
    async () => {
      assert.equal(swarm.command.child.exitCode, null, swarm.command.stderr);
      assert.equal((await metricsOf(master)).get('peels{state="online"}'), peels);
      assert.ok((await facts.state()).keys >= peels, "facts are missing");
      const { lastRevision } = await roster.state();
      const before = written;
      written = lastRevision;
      assert.ok(lastRevision >= transitions && lastRevision === before, `${lastRevision} written into the roster`);
    },
    { timeoutMs: LIMIT_MS, everyMs: LOOK_MS },
  );
}
