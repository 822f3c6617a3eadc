// How masters learn that peels are gone: goodbyes, kills, crowds.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { startTestCluster, startTestServer } from "@fleet/broker/testing";
import { type Bucket, createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { HEADER_SESSION } from "@fleet/wire";
import { askJetStream, type BusSession, connectSession } from "./bus-session.ts";
import {
  assertCheck,
  assertConnected,
  beat,
  type FleetMember,
  metricOf,
  PATIENT,
  QUICK,
  QUICK_TTL_MS,
  spawnPeel,
  startMaster,
  startPeel,
  warningsOf,
} from "./fleet-members.ts";

const flags = { "heartbeat-interval": QUICK.heartbeatInterval, "heartbeat-ttl": QUICK.heartbeatTtl };

/** The heartbeat bucket, once a master has made it. */
async function heartbeatsOf(session: BusSession): Promise<Bucket> {
  const bucket = createBucket(session.connection, "peel-heartbeat");
  await eventually(() => bucket.state(), PATIENT);
  return bucket;
}

const ids = (count: number) => Array.from({ length: count }, (_, index) => `web${index}`);

/** Makes peels say goodbye as they do: expecting their own last beat, with their session. */
async function leaveAll(bucket: Bucket, beats: readonly (readonly [string, number])[]): Promise<void> {
  await Promise.all(
    beats.map(([id, expectedRevision]) => {
      const options = { expectedRevision, headers: { [HEADER_SESSION]: "session" } };
      return bucket.delete(id, options);
    }),
  );
}

async function beatAll(bucket: Bucket, peels: readonly string[]): Promise<(readonly [string, number])[]> {
  return Promise.all(
    peels.map(async (id) => [id, await bucket.put(id, beat({ session: "session", seq: 1 }))] as const),
  );
}

describe("a peel in a process of its own", () => {
  it("is missed at the next count after SIGTERM, and its key is gone at once", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await using master = await startMaster(server.url);
    await using web1 = await spawnPeel(server.url, "web1", {});
    await assertConnected(master, 1);
    const ended = await web1.end("SIGTERM");
    assert.deepEqual(ended, { code: 0, signal: null });
    await assertConnected(master, 0);
    // Far below the TTL of 30 s.
    const bucket = await heartbeatsOf(session);
    await eventually(async () => assert.equal((await bucket.state()).keys, 0));
  });

  it("is missed at the TTL after SIGKILL, not before, and comes back with its next life", async () => {
    await using server = await startTestServer();
    await using master = await startMaster(server.url, QUICK);
    await using web1 = await spawnPeel(server.url, "web1", flags);
    await assertConnected(master, 1);
    await web1.end("SIGKILL");
    const killedMono = performance.now();
    await assertConnected(master, 0);
    const silentMs = performance.now() - killedMono;
    // Its last beat was up to one interval old, on a busy machine more.
    assert.ok(silentMs > QUICK_TTL_MS - 2_000, `after ${silentMs} ms`);
    await using _again = await spawnPeel(server.url, "web1", flags);
    await assertConnected(master, 1);
  });
});

describe("peels that leave", () => {
  it("leave nothing behind, also when 200 leave at once", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await using master = await startMaster(server.url);
    const bucket = await heartbeatsOf(session);
    const beats = await beatAll(bucket, ids(200));
    await assertConnected(master, 200);
    await leaveAll(bucket, beats.slice(3));
    await eventually(async () => assert.equal((await bucket.state()).keys, 3));
    await assertConnected(master, 3);
    assert.deepEqual(warningsOf(master), []);
  });

  it("may have their markers removed by several masters, and by none of them a newer beat", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await using one = await startMaster(server.url);
    await using two = await startMaster(server.url);
    const bucket = await heartbeatsOf(session);
    const masters = [one, two];
    for (const master of masters) {
      await assertCheck(master, "presence", "ok");
    }
    const beats = await beatAll(bucket, ids(50));
    await leaveAll(bucket, beats);
    // Ten of them come back while the markers are being removed.
    await beatAll(bucket, ids(10));
    await eventually(async () => assert.equal((await bucket.state()).keys, 10));
    for (const master of masters) await assertConnected(master, 10);
    for (const id of ids(10)) assert.equal((await bucket.get(id))?.operation, "put");
    for (const master of masters) assert.deepEqual(warningsOf(master), []);
  });

  it("do not take a successor of their name with them", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await using master = await startMaster(server.url);
    await heartbeatsOf(session);
    await using old = await startPeel(server.url, "web1");
    const hasBeaten = (peel: FleetMember) =>
      eventually(async () => assert.ok(await metricOf(peel, 'peel_heartbeats_total{result="ok"}')), PATIENT);
    await hasBeaten(old);
    await using successor = await startPeel(server.url, "web1");
    await hasBeaten(successor);
    await old.stop();
    const bucket = await heartbeatsOf(session);
    assert.equal((await bucket.get("web1", { fromLeader: true }))?.operation, "put");
    await assertConnected(master, 1);
    assert.deepEqual(
      warningsOf(old).filter((line) => line.includes("marker")),
      [],
    );
  });
});

describe("peels on a cluster of three", () => {
  it("leave nothing behind: markers are removed although they are heard before they are stored", async () => {
    await using cluster = await startTestCluster();
    const [first] = cluster.servers as [RunningServer, ...RunningServer[]];
    // On one server, so that the master hears at once: a young cluster may still lack a route between two others.
    await using session = await connectSession({ urls: [first.url] });
    await using master = await startMaster(first.url);
    const bucket = await heartbeatsOf(session);
    // A new group of servers elects its leader first.
    const revision = await eventually(() => bucket.put("alone", beat(), { timeoutMs: 500 }), PATIENT);
    const { config } = await askJetStream<{ config: { num_replicas: number } }>(
      session.connection,
      "STREAM.INFO.KV_peel-heartbeat",
    );
    assert.equal(config.num_replicas, 3);
    await leaveAll(bucket, [["alone", revision]]);
    // One after the other: on an idle cluster a marker is heard soonest before it is stored.
    for (const id of ids(150)) await leaveAll(bucket, await beatAll(bucket, [id]));
    await eventually(async () => assert.equal((await bucket.state()).keys, 0), { timeoutMs: 8_000 });
    await assertConnected(master, 0);
  });
});
