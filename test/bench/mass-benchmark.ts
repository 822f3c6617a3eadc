import assert from "node:assert/strict";
import { createBucket } from "@fleet/bus";
import { isOnline, readRoster } from "@fleet/presence";
import { eventually } from "@fleet/runtime/testing";
import { ROSTER_BUCKET } from "@fleet/wire";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { startBenchBroker } from "./bench-broker.ts";
import { startBenchMaster } from "./bench-master.ts";
import { type BenchSwarm, startBenchSwarm } from "./bench-swarm.ts";
import type { Benchmark } from "./benchmark.ts";

const SIZE = { peels: 100_000, intervalMs: 5_000, ttlMs: 15_000 };
const BRIEF_SIZE: typeof SIZE = { peels: 1_000, intervalMs: 500, ttlMs: 2_000 };
const LOOK_MS = 50;
const LIMIT_MS = 180_000;
const READ_TIMEOUT_MS = 30_000;

export const massBenchmark: Benchmark = {
  name: "mass",
  summary: "100,000 peels that join at once and die at once: time until the roster is right",
  measures:
    "A swarm of 100,000 peels begins, all of them at once as fast as the broker takes them, and later its process is killed: the time from the start of the first and from the death of all until a reading of the roster has each of them online, or offline. Held against the broker's own: until the bucket has the last of them, and until its TTL has dropped the last.",
  leavesOut:
    "goodbyes, which are told at once, and probes, which peels of a swarm do not answer: those that crash one by one are told earlier than the TTL.",
  async run({ serverPath, brief, note }) {
    const { peels, intervalMs, ttlMs } = brief ? BRIEF_SIZE : SIZE;
    const heartbeat = { "heartbeat-interval": `${intervalMs}ms`, "heartbeat-ttl": `${ttlMs}ms` };
    await using server = await startBenchBroker(serverPath, ttlMs);
    await using master = await startBenchMaster(server, "master-1", heartbeat);
    await master.untilLogged("leader lease acquired");
    await using swarm = await startBenchSwarm(server.url, { peels, interval: `${intervalMs}ms`, ramp: "0s" });

    note(`${peels} peels join`);
    await eventually(async () => assert.ok((await swarm.bucket.state()).keys > 0), PATIENCE);
    const join = await timesUntil(swarm, "online", peels);
    note("they die");
    swarm.command.child.kill("SIGKILL");
    const loss = await timesUntil(swarm, "offline", peels);
    const many = peels.toLocaleString("en-US");
    return [
      {
        what: `mass join of ${many} until the roster is right`,
        unit: "s",
        value: join.rosterMs / 1_000,
        limit: { what: "until the bucket has all", value: join.bucketMs / 1_000 },
      },
      {
        what: `mass loss of ${many}, TTL ${ttlMs / 1_000} s, until the roster is right`,
        unit: "s",
        value: loss.rosterMs / 1_000,
        limit: { what: "until the bucket has none", value: loss.bucketMs / 1_000 },
      },
    ];
  },
};

interface Times {
  /** Until the broker's bucket has as many keys as there should be. */
  readonly bucketMs: number;
  /** Until the roster says so of every peel. */
  readonly rosterMs: number;
}

/** Times from now on, until all of them are so. */
async function timesUntil(swarm: BenchSwarm, state: "online" | "offline", peels: number): Promise<Times> {
  const startedMono = performance.now();
  const since = () => performance.now() - startedMono;
  const keys = state === "online" ? peels : 0;
  const roster = createBucket(swarm.session.connection, ROSTER_BUCKET);
  const writtenBefore = (await roster.state()).lastRevision;
  const untilBucket = async () => {
    await until(async () => (await swarm.bucket.state()).keys === keys);
    return since();
  };
  const untilRoster = async () => {
    // Reading all of it takes a while, so that is done only when as much was written as there is to write.
    let wanted = state === "online" ? 0 : writtenBefore + peels;
    for (;;) {
      await until(async () => {
        const { lastRevision, keys } = await roster.state();
        return lastRevision >= wanted && keys > peels;
      });
      const [rosterMs, { lastRevision }] = [since(), await roster.state()];
      const { byId } = await readRoster(roster, { timeoutMs: READ_TIMEOUT_MS });
      const isRight = [...byId.values()].every((record) => isOnline(record.state) === (state === "online"));
      if (byId.size === peels && isRight) return rosterMs;
      wanted = lastRevision + 1;
    }
  };
  const [bucketMs, rosterMs] = await Promise.all([untilBucket(), untilRoster()]);
  return { bucketMs, rosterMs };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  await eventually(async () => assert.ok(await isSo()), { timeoutMs: LIMIT_MS, everyMs: LOOK_MS });
}
