// A broker that dies, forgets or changes its leader: no peel of a fleet that lives is ever told gone, or told anew.
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestCluster, startTestServer } from "@fleet/broker/testing";
import { createBucket } from "@fleet/bus";
import { sleep, systemClock } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { bucketStream, HEARTBEAT_BUCKET } from "@fleet/wire";
import { untilMetrics } from "../end-to-end/daemon-metrics.ts";
import type { DaemonProcess } from "../end-to-end/daemon-process.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { askJetStream } from "../integration/bus-session.ts";
import { type Flags, type Fleet, startFleetOf, TTL_MS, toldBy, untilSeen, watchGauge } from "./fleet.ts";
import { readHistory } from "./roster-history.ts";

const PEELS = ["web1", "web2", "web3"];

/** Starts a master and peels, and resolves when it sees them. */
async function startThree(fleet: Fleet, flags: Flags = {}, peelFlags: Flags = {}): Promise<DaemonProcess> {
  const master = fleet.startMaster("master-1", { ...flags, ...peelFlags });
  for (const id of PEELS) fleet.startPeel(id, peelFlags);
  await untilSeen(master, PEELS.length);
  await eventually(async () => assert.equal((await readHistory(fleet.connection)).size, PEELS.length), PATIENCE);
  return master;
}

/** Waits until every peel has beaten again since `sinceAt`, as the bucket says. */
function untilBeating({ connection }: Fleet, sinceAt: number): Promise<void> {
  return eventually(async () => {
    const bucket = createBucket(connection, HEARTBEAT_BUCKET);
    for (const id of PEELS) {
      const entry = await bucket.get(id, { fromLeader: true, timeoutMs: 1_000 });
      assert.ok(entry && entry.storedAt > sinceAt, id);
    }
  }, PATIENCE);
}

/** Lets pass what a wrong verdict would need: a TTL and what is judged at its end. */
const letVerdictsCome = (ttlMs = TTL_MS) => sleep(systemClock, ttlMs + 1_000);

/** Longer than an election: beats that nobody can store expire in the bucket. */
const CLUSTER_TTL_MS = 10_000;

function diagnose(t: TestContext, what: string, sinceAt: number): void {
  t.diagnostic(`${what}: ${Date.now() - sinceAt} ms`);
}

const [oldest, ...others] = await resolveTestServerVersions();
const newest = others.at(-1);

const OUTAGES = [
  { version: newest, storage: "file", name: "shorter than the TTL", downMs: 0 },
  { version: newest, storage: "memory", name: "longer than the TTL", downMs: TTL_MS + 1_500 },
  { version: oldest, storage: "memory", name: "shorter than the TTL", downMs: 0 },
  { version: oldest, storage: "file", name: "longer than the TTL", downMs: TTL_MS + 1_500 },
] as const;

// Each has a fleet of its own and mostly waits.
describe("a broker that is killed and starts again", { concurrency: 2 }, () => {
  for (const { version, storage, name, downMs } of OUTAGES) {
    if (!version) continue;
    const { label, path, skip } = version;
    const title = `${label}, ${storage} bucket, away ${name}: is a time of not knowing, and nothing else`;
    it(title, { skip: skip ?? false }, async (t) => {
      await using server = await startTestServer({ path });
      await using fleet = await startFleetOf({ urls: [server.url] });
      const master = await startThree(fleet, { "heartbeat-storage": storage });
      const before = await readHistory(fleet.connection);
      const told = toldBy(master);
      await using gauge = watchGauge(master);
      await gauge.untilValid(1);
      server.kill();
      await server.exited;
      const killedAt = Date.now();
      await gauge.untilValid(1, 0);
      await sleep(systemClock, downMs);
      await server.restart();
      const restartedAt = Date.now();
      await untilBeating(fleet, restartedAt);
      diagnose(t, "beats again after the restart", restartedAt);
      await gauge.untilValid(1, 0, 1);
      diagnose(t, "valid again after the restart", restartedAt);
      diagnose(t, "after the kill", killedAt);
      await letVerdictsCome();
      assert.deepEqual(gauge.peels, [PEELS.length]);
      assert.deepEqual(gauge.valid, [1, 0, 1]);
      assert.deepEqual(toldBy(master), told);
      assert.deepEqual(await readHistory(fleet.connection), before);
      await untilMetrics(master, { connected_peels: PEELS.length, presence_drift: 0 });
    });
  }
});

describe("a heartbeat bucket that is deleted under us", () => {
  it("is made anew by the master, filled by the same peels, and no reason to tell anything", async (t) => {
    await using server = await startTestServer();
    await using fleet = await startFleetOf({ urls: [server.url] });
    const master = await startThree(fleet);
    const before = await readHistory(fleet.connection);
    const told = toldBy(master);
    await using gauge = watchGauge(master);
    await gauge.untilValid(1);
    await askJetStream(fleet.connection, `STREAM.DELETE.${bucketStream(HEARTBEAT_BUCKET)}`);
    const deletedAt = Date.now();
    await untilBeating(fleet, deletedAt);
    diagnose(t, "beats stored again", deletedAt);
    await letVerdictsCome();
    await gauge.untilValid(1);
    assert.deepEqual(gauge.peels, [PEELS.length]);
    assert.deepEqual(toldBy(master), told);
    assert.deepEqual(await readHistory(fleet.connection), before);
  });
});

interface StreamInfo {
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly { readonly current: boolean }[] };
}

for (const { label, path, skip } of [oldest, newest].filter((version) => version !== undefined)) {
  describe(`a cluster of three, ${label}, whose leader is killed`, { skip: skip ?? false }, () => {
    it("takes beats again in seconds, and nobody is told gone", async (t) => {
      await using cluster = await startTestCluster({ path });
      await using fleet = await startFleetOf({ urls: cluster.urls });
      const master = await startThree(fleet, {}, { "heartbeat-ttl": `${CLUSTER_TTL_MS}ms` });
      const stream = bucketStream(HEARTBEAT_BUCKET);
      const leader: RunningServer = await eventually(async () => {
        const info = await askJetStream<StreamInfo>(fleet.connection, `STREAM.INFO.${stream}`);
        const { leader: name, replicas = [] } = info.cluster ?? {};
        assert.ok(replicas.length === 2 && replicas.every(({ current }) => current));
        const found = cluster.servers.find((each) => each.name === name);
        assert.ok(found);
        return found;
      }, PATIENCE);
      const before = await readHistory(fleet.connection);
      const told = toldBy(master);
      await using gauge = watchGauge(master);
      await gauge.untilValid(1);
      leader.kill();
      const killedAt = Date.now();
      await untilBeating(fleet, killedAt + 1);
      diagnose(t, `${label}: beats stored again after the kill`, killedAt);
      await gauge.untilValid(1);
      await letVerdictsCome(CLUSTER_TTL_MS);
      await gauge.untilValid(1);
      assert.deepEqual(gauge.peels, [PEELS.length]);
      assert.deepEqual(toldBy(master), told);
      assert.deepEqual(await readHistory(fleet.connection), before);
    });
  });
}
