// The count of peels is exact: with markers, with two masters, and when somebody else meddles with the bucket.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { bucketSubject, HEARTBEAT_BUCKET } from "@fleet/wire";
import { metricsOf, untilMetrics } from "../end-to-end/daemon-metrics.ts";
import type { DaemonProcess } from "../end-to-end/daemon-process.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { beat } from "../integration/fleet-members.ts";
import { type RunningSwarm, startSwarm } from "../integration/swarm-members.ts";
import { type Fleet, startFleetOf, watchGauge } from "./fleet.ts";
import { readHistory, reasonsOf } from "./roster-history.ts";

const PEELS = 400;
/** So long that nothing expires here. */
const FLAGS = { "heartbeat-interval": "2s", "heartbeat-ttl": "60s" };

describe("two masters that count", () => {
  let server: RunningServer;
  let fleet: Fleet;
  let running: RunningSwarm;
  let masters: DaemonProcess[];
  let peels = PEELS;

  before(async () => {
    server = await startTestServer();
    fleet = await startFleetOf({ urls: [server.url] });
    masters = [fleet.startMaster("master-1", FLAGS), fleet.startMaster("master-2", FLAGS)];
    await untilExact(0);
    running = await startSwarm(server.url, { peels: String(PEELS), interval: "2s", ttl: "60s" });
    await untilExact(PEELS);
  });
  after(async () => {
    await running.stop();
    await fleet[Symbol.asyncDispose]();
    await server.stop();
  });

  /** Waits until both say so, by the broker's count and by their own. */
  const untilExact = async (count: number) => {
    for (const master of masters) {
      await untilMetrics(master, {
        connected_peels: count,
        presence_drift: 0,
        presence_valid: 1,
        'peels{state="online"}': count,
      });
    }
  };
  const resyncsOf = async (master: DaemonProcess, cause: string) =>
    (await metricsOf(master)).get(`presence_resyncs_total{cause="${cause}"}`) ?? 0;

  it("have the markers of those who leave out of the broker's count at once, and subtract none twice", async (t) => {
    const bucket = createBucket(fleet.connection, HEARTBEAT_BUCKET);
    const [first, second] = masters as [DaemonProcess, DaemonProcess];
    await using oneGauge = watchGauge(first);
    await using otherGauge = watchGauge(second);
    const before = (await bucket.state()).keys;
    assert.equal(before, PEELS);
    const gone = running.swarm.intervene("leave", 100);
    const leftAt = Date.now();
    peels -= gone.length;
    await eventually(async () => assert.equal((await bucket.state()).keys, peels), PATIENCE);
    t.diagnostic(`100 markers out of the broker's count after ${Date.now() - leftAt} ms`);
    await untilExact(peels);
    t.diagnostic(`both masters' gauges and indexes agree after ${Date.now() - leftAt} ms`);
    for (const gauge of [oneGauge, otherGauge]) {
      assert.ok(Math.min(...gauge.peels) >= peels, `counted ${gauge.peels}`);
      assert.deepEqual(gauge.valid, [1]);
    }
    await eventually(async () => {
      const history = await readHistory(fleet.connection);
      for (const id of gone) assert.equal(history.get(id)?.at(-1)?.reason, "left");
    }, PATIENCE);
  });

  it("look again when a key was removed behind their back, and tell nothing of a peel that beats on", async (t) => {
    const bucket = createBucket(fleet.connection, HEARTBEAT_BUCKET);
    // One that beats once an hour, so that its key stays away.
    await bucket.put("purged", beat({ session: "s".repeat(27), seq: 1, intervalMs: 3_600_000 }));
    await untilExact(peels + 1);
    const before = await resyncsOf(masters[0] as DaemonProcess, "drift");
    const { revision = 0 } = (await bucket.get("purged", { fromLeader: true })) ?? {};
    await bucket.purge("purged", { before: revision + 1 });
    const purgedAt = Date.now();
    await untilMetrics(masters[0] as DaemonProcess, { presence_drift: 1, connected_peels: peels });
    t.diagnostic(`drift seen after ${Date.now() - purgedAt} ms`);
    await eventually(async () => assert.ok((await resyncsOf(masters[0] as DaemonProcess, "drift")) > before), PATIENCE);
    t.diagnostic(`read again for it after ${Date.now() - purgedAt} ms`);
    assert.deepEqual(await reasonsOf(fleet.connection, "purged"), ["joined"]);
    await bucket.put("purged", beat({ session: "s".repeat(27), seq: 2, intervalMs: 3_600_000 }));
    await untilExact(peels + 1);
    assert.deepEqual(await reasonsOf(fleet.connection, "purged"), ["joined"]);
    peels += 1;
  });

  it("are not misled by goodbyes that the broker has refused", async () => {
    const [id = ""] = running.swarm.census.ids("alive");
    const { session = "" } = running.swarm.census.find(id) ?? {};
    const headers = {
      "KV-Operation": "DEL",
      "Fleet-Session": "0".repeat(27),
      "Nats-Expected-Last-Subject-Sequence": "1",
    };
    fleet.connection.publish(bucketSubject(HEARTBEAT_BUCKET, id), new Uint8Array(), { headers });
    await untilExact(peels);
    assert.deepEqual(
      (await readHistory(fleet.connection)).get(id)?.map((record) => [record.reason, record.session]),
      [["joined", session]],
    );
  });

  it("have read the bucket for nothing else", async () => {
    for (const master of masters) {
      const metrics = await metricsOf(master);
      const causes = [...metrics].filter(([name, value]) => name.startsWith("presence_resyncs_total") && value > 0);
      for (const [name] of causes) assert.match(name, /cause="(start|drift)"/);
      assert.equal(metrics.get('presence_resyncs_total{cause="start"}'), 1);
    }
  });
});
