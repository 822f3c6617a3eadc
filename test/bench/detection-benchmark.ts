import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { decodeHeartbeat, isPeelId, ROSTER_BUCKET } from "@fleet/wire";
import { createClient } from "@redis/client";
import { connect } from "nats";
import { metricsOf } from "../end-to-end/daemon-metrics.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { startBenchBroker } from "./bench-broker.ts";
import { startBenchMaster } from "./bench-master.ts";
import { startBenchSwarm } from "./bench-swarm.ts";
import type { Benchmark, Measurement } from "./benchmark.ts";
import { hearLosses, heartbeatKeys, type LossFinder, pollLosses } from "./loss-finders.ts";
import { REDIS_SET } from "./redis-beats.ts";
import { type RedisAtHand, startRedis } from "./redis-server.ts";
import { median } from "./statistics.ts";

const PEELS = 1_000;
const INTERVAL_MS = 1_000;
const TTL_MS = 3_000;
/** So slow that nobody takes them for a failure of the network. */
const CRASHES = "5/s";
const REDIS_EVERY_MS = 100;
const KEYS_EVERY_MS = 1_000;
/** Zester's cycle. */
const GAUGE_EVERY_MS = 15_000;
/** Losses that fall into one such cycle, wherever it began. */
const WINDOW_MS = GAUGE_EVERY_MS;
const BRIEF_GAUGE_MS = 2_000;
const LIMIT_MS = 60_000;
/** By design. */
const BUDGET_MS = 100;

export const detectionBenchmark: Benchmark = {
  name: "detection",
  summary:
    "time past the TTL until a silent peel is known to be offline, against polling Redis, NATS KV and as Zester does",
  measures:
    "Of 1,000 peels that beat every second, with a TTL of 3 s, five a second fall silent: their connection stays, as that of a process that hangs does. For those of 15 s, the time from the end of a peel's TTL, counted from when its last beat was sent, by the clock that all processes of a machine share, until it is known: by the roster record of a master, as another process hears it; by a look at every 100 ms into a sorted set of Redis for what is older than the TTL; by asking the NATS bucket for its keys every second; and every 15 s, as Zester's gauge does. All of them hear the same beats.",
  leavesOut:
    "peels that crash and can be probed, which are known long before the TTL. What is polled costs as much as it is polled often: looking into Redis ten times a second is one request for the whole fleet, and asking for keys reads all of them.",
  async run({ serverPath, brief, note, uses }) {
    const gaugeEveryMs = brief ? BRIEF_GAUGE_MS : GAUGE_EVERY_MS;
    const windowMs = brief ? BRIEF_GAUGE_MS : WINDOW_MS;
    await using server = await startBenchBroker(serverPath, TTL_MS);
    const heartbeat = { "heartbeat-interval": `${INTERVAL_MS}ms`, "heartbeat-ttl": `${TTL_MS}ms` };
    await using master = await startBenchMaster(server, "master-1", heartbeat);
    await master.untilLogged("leader lease acquired");
    await using redis = await startRedis(uses);
    if (redis.skip !== undefined) note(`Redis: not measured: ${redis.skip}`);
    const options = { peels: PEELS, interval: `${INTERVAL_MS}ms`, crash: CRASHES };
    await using swarm = await startBenchSwarm(server.url, options);
    await using client = await connectRivals(server.url, redis);

    const beatAt = new Map<string, number>();
    const roster = createBucket(swarm.session.connection, ROSTER_BUCKET);
    using told = hearLosses("Fleet", roster);
    const silent = () => [...beatAt].filter(([, at]) => Date.now() > at + TTL_MS).map(([id]) => id);
    const gone = async () => {
      const keys = await client.keys();
      return silent().filter((id) => !keys.has(id));
    };
    using everySecond = pollLosses("NATS KV, keys asked for every second", KEYS_EVERY_MS, gone);
    using gauge = pollLosses(`Zester's way, keys asked for every ${gaugeEveryMs / 1_000} s`, gaugeEveryMs, gone);
    const lookedInto = `Redis sorted set, looked into every ${REDIS_EVERY_MS} ms`;
    using inRedis = pollLosses(lookedInto, REDIS_EVERY_MS, () => client.beatsBefore(Date.now() - TTL_MS));
    const finders = [told, everySecond, gauge, ...(redis.skip === undefined ? [inRedis] : [])];
    const hearing = swarm.bucket.hear(({ key, value, operation }) => {
      const beat = operation === "put" && isPeelId(key) ? decodeHeartbeat(value) : undefined;
      if (!beat?.ok) return;
      const { sentAt } = beat.value;
      beatAt.set(key, sentAt);
      client.store(key, sentAt);
      // It was only late.
      for (const { foundAt } of finders) foundAt.delete(key);
    });
    await eventually(async () => {
      assert.equal(swarm.command.child.exitCode, null, swarm.command.stderr);
      assert.equal(beatAt.size, PEELS);
      assert.ok(((await metricsOf(master)).get('peels{state="online"}') ?? 0) > PEELS / 2);
    }, PATIENCE);

    note(`peels fall silent for ${windowMs / 1_000} s`);
    const fromAt = Date.now();
    await pause(windowMs + TTL_MS);
    const lost = silent().filter((id) => {
      const at = beatAt.get(id) ?? 0;
      return at >= fromAt && at < fromAt + windowMs;
    });
    note(`${lost.length} have, until everyone knows`);
    await eventually(
      () => {
        for (const { what, foundAt } of finders) {
          const unknown = lost.filter((id) => !foundAt.has(id)).length;
          assert.equal(unknown, 0, `${what}: ${unknown} of ${lost.length} not known`);
        }
      },
      { timeoutMs: LIMIT_MS },
    );
    hearing.close();
    const latenessOf = ({ foundAt }: LossFinder) =>
      lost.map((id) => (foundAt.get(id) ?? Number.NaN) - (beatAt.get(id) ?? 0) - TTL_MS);
    return compare(latenessOf(told), [
      { what: lookedInto, lateMs: redis.skip ?? latenessOf(inRedis) },
      ...[everySecond, gauge].map((finder) => ({ what: finder.what, lateMs: latenessOf(finder) })),
    ]);
  },
};

function compare(
  fleetMs: readonly number[],
  rivals: readonly { what: string; lateMs: readonly number[] | string }[],
): Measurement[] {
  const unit = "ms";
  const own = median(fleetMs);
  const ofRedis = rivals[0]?.lateMs;
  const redisMs = typeof ofRedis === "string" ? undefined : ofRedis;
  return [
    {
      what: "Fleet, silent peel known past its TTL",
      unit,
      value: own,
      ...(redisMs && { limit: { what: rivals[0]?.what ?? "", value: median(redisMs) } }),
      budget: { most: BUDGET_MS },
    },
    {
      what: "Fleet, the latest of them",
      unit,
      value: Math.max(...fleetMs),
      ...(redisMs && { limit: { what: rivals[0]?.what ?? "", value: Math.max(...redisMs) } }),
    },
    ...rivals.map(({ what, lateMs }) => ({
      what,
      unit,
      ...(typeof lateMs === "string"
        ? { value: Number.NaN, notMeasured: lateMs }
        : { value: median(lateMs), limit: { what: "Fleet", value: own } }),
    })),
  ];
}

/** What those ask who are not told. */
interface Rivals extends AsyncDisposable {
  keys(): Promise<ReadonlySet<string>>;
  /** Keeps the time of a beat in Redis, if there is one. */
  store(id: string, at: number): void;
  /** Those in Redis with no beat since then. */
  beatsBefore(at: number): Promise<string[]>;
}

async function connectRivals(url: string, redis: RedisAtHand): Promise<Rivals> {
  const nats = await connect({ servers: url });
  const client =
    redis.skip === undefined ? createClient({ socket: { port: redis.port, host: "127.0.0.1" } }) : undefined;
  await client?.connect();
  return {
    keys: () => heartbeatKeys(nats),
    store(id, at) {
      client?.zAdd(REDIS_SET, { score: at, value: id }).catch(() => {});
    },
    async beatsBefore(at) {
      return (await client?.zRangeByScore(REDIS_SET, "-inf", at)) ?? [];
    },
    async [Symbol.asyncDispose]() {
      client?.destroy();
      await nats.close();
    },
  };
}
