// Brokers that are down, die or lose their buckets: nothing of ours needs a restart.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { askJetStream, connectSession } from "./bus-session.ts";
import {
  assertCheck,
  assertConnected,
  beat,
  checkOf,
  type FleetMember,
  metricOf,
  PATIENT,
  QUICK,
  startMaster,
  startPeel,
  warningsOf,
} from "./fleet-members.ts";

const OK_BEATS = 'peel_heartbeats_total{result="ok"}';
const REFRESHED = "presence_last_refresh_timestamp_seconds";

/** Waits until a series has risen above what it is now. */
async function assertRises(member: FleetMember, series: string): Promise<void> {
  const before = (await metricOf(member, series)) ?? 0;
  await eventually(async () => assert.ok(((await metricOf(member, series)) ?? 0) > before, series), {
    timeoutMs: 15_000,
  });
}

/** What `/health` says, and with which status. */
async function healthOf(member: FleetMember): Promise<[number, string]> {
  const response = await fetch(`${member.url}/health`);
  return [response.status, ((await response.json()) as { status: string }).status];
}

async function assertStarted(member: FleetMember): Promise<void> {
  assert.equal((await fetch(`${member.url}/startupz`)).status, 200);
}

describe("a broker that is down when peel and master start", () => {
  it("is waited for: health is served meanwhile, and everything works once it is up", async () => {
    await using server = await startTestServer();
    server.kill();
    await server.exited;
    await using master = await startMaster(server.url);
    await using web1 = await startPeel(server.url, "web1");
    for (const member of [master, web1]) {
      assert.equal((await fetch(`${member.url}/healthz`)).status, 200);
      assert.equal((await fetch(`${member.url}/readyz`)).status, 503);
      assert.equal((await fetch(`${member.url}/startupz`)).status, 503);
      assert.deepEqual(await healthOf(member), [503, "OUT_OF_SERVICE"]);
      assert.equal((await checkOf(member, "nats")).status, "down");
    }
    assert.match((await checkOf(web1, "kv")).message ?? "", /not connected to NATS/);
    assert.equal(
      (await checkOf(master, "presence")).message,
      "the peels have not been counted yet; not connected to NATS",
    );
    assert.deepEqual([await metricOf(web1, "peel_connected"), await metricOf(web1, OK_BEATS)], [0, 0]);
    assert.equal(await metricOf(master, REFRESHED), undefined);

    await server.restart();
    await assertConnected(master, 1);
    for (const [member, check] of [
      [master, "presence"],
      [web1, "nats"],
      [web1, "kv"],
    ] as const) {
      await assertCheck(member, check, "ok");
    }
    assert.equal(await metricOf(web1, "nats_reconnects_total"), 0);
    for (const member of [master, web1]) await eventually(() => assertStarted(member), PATIENT);
  });
});

describe("a broker that is killed and started again", () => {
  for (const heartbeatStorage of ["file", "memory"] as const) {
    it(`has its peels back, with a heartbeat bucket in ${heartbeatStorage}`, async () => {
      await using server = await startTestServer();
      await using session = await connectSession({ urls: [server.url] });
      await using master = await startMaster(server.url, { ...QUICK, heartbeatStorage });
      await using web1 = await startPeel(server.url, "web1", QUICK);
      await using web2 = await startPeel(server.url, "web2", QUICK);
      await assertConnected(master, 2);
      server.kill();
      await server.exited;
      await assertCheck(master, "nats", "down");
      assert.equal(await metricOf(master, "connected_peels"), 2, "the last count stays");
      await server.restart();
      for (const peel of [web1, web2]) await assertRises(peel, OK_BEATS);
      await assertRises(master, REFRESHED);
      await assertConnected(master, 2);
      await assertCheck(master, "presence", "ok");
      // A peel that leaves is still missed at once: the feed and the sweep are back as well.
      await web2.stop();
      const bucket = createBucket(session.connection, "peel-heartbeat");
      await eventually(async () => assert.equal((await bucket.state()).keys, 1));
      await assertConnected(master, 1);
    });
  }

  it("and that was away longer than the TTL has its peels back just the same", async () => {
    await using server = await startTestServer();
    await using master = await startMaster(server.url, QUICK);
    await using web1 = await startPeel(server.url, "web1", QUICK);
    await assertConnected(master, 1);
    for (const member of [master, web1]) await eventually(() => assertStarted(member), PATIENT);
    server.kill();
    const killedAt = Date.now();
    await server.exited;
    await eventually(() => assert.ok(Date.now() - killedAt > 3_500));
    await assertCheck(master, "presence", "degraded");
    assert.equal((await checkOf(master, "presence")).message, "not connected to NATS");
    assert.equal(await metricOf(master, "connected_peels"), 1);
    for (const member of [master, web1]) {
      await assertStarted(member);
      assert.equal((await fetch(`${member.url}/healthz`)).status, 200);
      assert.deepEqual(await healthOf(member), [503, "DOWN"]);
    }
    await server.restart();
    await assertRises(web1, OK_BEATS);
    await assertRises(master, REFRESHED);
    await assertConnected(master, 1);
    await assertCheck(master, "presence", "ok");
  });
});

describe("a bucket that is removed under us", () => {
  it("is made again by the master, and the beats go on", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await using master = await startMaster(server.url, QUICK);
    await using web1 = await startPeel(server.url, "web1", QUICK);
    await assertConnected(master, 1);
    await askJetStream(session.connection, "STREAM.DELETE.KV_peel-heartbeat");
    const bucket = createBucket(session.connection, "peel-heartbeat");
    await eventually(async () => assert.equal((await bucket.state()).ttlMs, 3_000));
    await eventually(async () => assert.equal((await bucket.get("web1"))?.operation, "put"));
    await assertRises(web1, OK_BEATS);
    await assertConnected(master, 1);
    await assertCheck(master, "presence", "ok");
    const { config } = await askJetStream<{ config: { deny_delete: boolean } }>(
      session.connection,
      "STREAM.INFO.KV_peel-heartbeat",
    );
    assert.equal(config.deny_delete, true, "hardened again");
  });

  it("has the facts again, too, after a look at the peel's readiness", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await using master = await startMaster(server.url);
    await using web1 = await startPeel(server.url, "web1");
    const facts = createBucket(session.connection, "facts");
    await eventually(async () => assert.equal((await facts.get("web1"))?.operation, "put"));
    await facts.delete("web1");
    await assertCheck(web1, "kv", "ok");
    await eventually(async () => assert.equal((await facts.get("web1"))?.operation, "put"));

    await askJetStream(session.connection, "STREAM.DELETE.KV_facts");
    await assertCheck(web1, "kv", "down");
    await askJetStream(session.connection, "STREAM.DELETE.KV_peel-heartbeat");
    // The master looks when its count finds the heartbeat bucket gone, and makes both.
    await assertCheck(web1, "kv", "ok");
    await eventually(async () => assert.equal((await facts.get("web1"))?.operation, "put"));
    await assertCheck(master, "presence", "ok");
  });
});

describe("what is in the bucket and no beat of ours", () => {
  it("is counted by what is wrong with it and skipped, while beats of another make are peels", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await using master = await startMaster(server.url);
    await assertCheck(master, "presence", "ok");
    const bucket = createBucket(session.connection, "peel-heartbeat");
    await bucket.put("empty", new Uint8Array());
    await bucket.put("oversize", new Uint8Array(100_000));
    await bucket.put("encoding", Uint8Array.of(0xc1));
    await bucket.put("encoding", Buffer.from("{}"));
    await bucket.put("schema", Uint8Array.of(0x93, 1, 2, 3));
    await bucket.put("a.b", beat());
    session.connection.publish("$KV.peel-heartbeat.a:b", beat());
    session.connection.publish("$KV.peel-heartbeat.ü", beat());
    await bucket.put("foreign", beat({ version: "zester" }));
    for (const [reason, count] of [
      ["empty", 1],
      ["oversize", 1],
      ["encoding", 2],
      ["schema", 1],
      ["key", 3],
    ] as const) {
      const series = `heartbeats_malformed_total{reason="${reason}"}`;
      await eventually(async () => assert.equal(await metricOf(master, series), count, reason));
    }
    const logged = warningsOf(master).filter((line) => line.includes("is not a beat"));
    assert.equal(logged.length, 1, "once a minute");

    // They are keys of the bucket, and no peels.
    await assertConnected(master, 1);
    // Their writers, or an administrator, clear up; what cannot be a bucket's key is left to the TTL.
    for (const key of ["empty", "oversize", "encoding", "schema", "a.b"]) await bucket.delete(key);
    await eventually(async () => assert.equal((await bucket.state()).keys, 3));
    await assertConnected(master, 1);
    await assertCheck(master, "presence", "ok");
  });
});
