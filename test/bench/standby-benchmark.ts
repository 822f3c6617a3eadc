import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { ROSTER_BUCKET } from "@fleet/wire";
import { metricsOf } from "../end-to-end/daemon-metrics.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { untilHeld, untilKnown } from "../end-to-end/lease-holdings.ts";
import { BENCH_TTL_MS, startBenchBroker } from "./bench-broker.ts";
import { startBenchMaster } from "./bench-master.ts";
import { startBenchSwarm } from "./bench-swarm.ts";
import type { Benchmark } from "./benchmark.ts";
import { costOfBeats } from "./broker-cost.ts";
import { loadReached } from "./reached-load.ts";

const SIZE = { peels: 20_000, settleMs: 3_000, measureMs: 5_000 };
const BRIEF_SIZE: typeof SIZE = { peels: 5_000, settleMs: 0, measureMs: 1_000 };
const TIMING = { "heartbeat-interval": "1s", "heartbeat-ttl": `${BENCH_TTL_MS}ms` };

export const standbyBenchmark: Benchmark = {
  name: "standby",
  summary: "what a second master costs the broker and the machine, while 20,000 beats a second come in",
  measures:
    "A swarm beats 20,000 times a second, first without a master, then with one, then with two: CPU of the broker for each beat it stores, and CPU of each master for each beat it hears, once the roster is written.",
  leavesOut:
    "more beats at a time, of which each costs less, and changes of peels, which only the one that publishes writes.",
  async run({ serverPath, brief, note }) {
    const { peels, settleMs, measureMs } = brief ? BRIEF_SIZE : SIZE;
    await using server = await startBenchBroker(serverPath);
    await using swarm = await startBenchSwarm(server.url, { peels, interval: "1s" });
    await swarm.untilStored(peels);
    await pause(settleMs);
    note("no master");
    const none = await costOfBeats(server, swarm.bucket, measureMs);

    await using first = await startBenchMaster(server, "master-1", TIMING);
    const roster = createBucket(swarm.session.connection, ROSTER_BUCKET);
    await eventually(async () => assert.ok((await roster.state()).keys > peels), PATIENCE);
    await pause(settleMs);
    note("one master");
    const one = await costOfBeats(server, swarm.bucket, measureMs, [first.command]);

    await using second = await startBenchMaster(server, "master-2", TIMING);
    await untilKnown(second, await untilHeld([first]));
    await eventually(async () => assert.equal((await metricsOf(second)).get('peels{state="online"}'), peels), PATIENCE);
    await pause(settleMs);
    note("two masters");
    const two = await costOfBeats(server, swarm.bucket, measureMs, [first.command, second.command]);

    const at = (cost: number | undefined) => cost ?? Number.NaN;
    return [
      {
        what: "broker, CPU a beat with one master",
        unit: "us",
        value: one.brokerUs,
        limit: { what: "without a master", value: none.brokerUs },
      },
      {
        what: "broker, CPU a beat with two masters",
        unit: "us",
        value: two.brokerUs,
        limit: { what: "without a master", value: none.brokerUs },
      },
      {
        what: "master that publishes, CPU a beat beside another",
        unit: "us",
        value: at(two.othersUs[0]),
        limit: { what: "the same one alone", value: at(one.othersUs[0]) },
      },
      {
        what: "master that stands by, CPU a beat",
        unit: "us",
        value: at(two.othersUs[1]),
        limit: { what: "the one that publishes", value: at(two.othersUs[0]) },
      },
      loadReached({ due: peels, when: "two masters" }, two.beatsPerSecond, {
        what: "without a master",
        value: none.beatsPerSecond,
      }),
    ];
  },
};
