import { runApart } from "./apart.ts";
import { startBenchBroker } from "./bench-broker.ts";
import type { Benchmark, Measurement } from "./benchmark.ts";
import type { PublishingAnswer, PublishingOptions } from "./programs/publishing.ts";
import type { RedisPublisherOptions } from "./programs/redis-publisher.ts";
import type { RedisWay } from "./redis-beats.ts";
import { startRedis } from "./redis-server.ts";

/** More beats due in a second than a server takes. */
const KEYS = 400_000;
const BRIEF_KEYS = 20_000;

export const rivalsBenchmark: Benchmark = {
  name: "rivals",
  summary: "acknowledged beats from one process: the swarm, against Redis and against plain puts of NATS KV",
  measures:
    "One process sends beats of the same peels to one server as fast as it gets answers, at most 5,000 under way on a connection: the swarm to NATS JetStream, in memory; the same bytes written by `kv.put` of the NATS client, 1,000 callers at once; and beats written into Redis over one connection, pipelined and without a client in between, as `ZADD` of one sorted set and as `SET … EX` of a key for each peel.",
  leavesOut:
    "copies and disks: Redis keeps it all in memory as well, without an append-only file. A beat in a sorted set has no content, such as a session or a version; what Redis has no answer for (who went and why, leases that fence writers, changes that are told rather than polled for) costs something here and nothing there.",
  async run({ serverPath, brief, note, uses }) {
    const sizes = brief
      ? { keys: BRIEF_KEYS, warmUpMs: 200, measureMs: 1_000 }
      : { keys: KEYS, warmUpMs: 2_000, measureMs: 5_000 };
    const publish = async (program: string) => {
      note(`${program}, ${sizes.keys} keys`);
      await using server = await startBenchBroker(serverPath);
      const options: PublishingOptions = { url: server.url, ...sizes };
      return await runApart<PublishingAnswer>(program, options);
    };
    const swarm = await publish("swarm-publisher");
    const puts = await publish("kv-publisher");
    const limit = { what: "the swarm's acknowledged beats", value: swarm.perSecond };
    const results: Measurement[] = [{ what: "NATS KV, kv.put", unit: "1/s", value: puts.perSecond, limit }];
    for (const way of ["sorted set", "SET EX"] satisfies RedisWay[]) {
      await using redis = await startRedis(uses);
      note(`Redis, ${way}${redis.skip === undefined ? "" : `: not measured: ${redis.skip}`}`);
      const what = way === "sorted set" ? "Redis, ZADD of one sorted set" : "Redis, SET EX";
      if (redis.skip !== undefined) {
        results.push({ what, unit: "1/s", value: Number.NaN, notMeasured: redis.skip });
        continue;
      }
      const options: RedisPublisherOptions = { port: redis.port, way, ...sizes };
      const { perSecond } = await runApart<PublishingAnswer>("redis-publisher", options);
      results.push({ what, unit: "1/s", value: perSecond, limit });
    }
    return results;
  },
};
