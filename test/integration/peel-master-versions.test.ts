// What matters most of peels and masters, on every server version.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { createBucket } from "@fleet/bus";
import { isOnline, listPeels } from "@fleet/presence";
import { systemClock } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { askJetStream, connectSession } from "./bus-session.ts";
import {
  assertCheck,
  assertConnected,
  beat,
  metricOf,
  PATIENT,
  QUICK,
  startMaster,
  startPeel,
  warningsOf,
} from "./fleet-members.ts";

interface StreamInfo {
  readonly config: Readonly<Record<string, unknown>>;
}

/** A setting that is absent is off. */
const hardened = ({ config }: StreamInfo) => ({
  max_age: config["max_age"],
  history: config["max_msgs_per_subject"],
  storage: config["storage"],
  discard: config["discard"],
  rollups: config["allow_rollup_hdrs"] ?? false,
  deny_delete: config["deny_delete"] ?? false,
  direct: config["allow_direct"] ?? false,
  message_ttl: config["allow_msg_ttl"] ?? false,
});

for (const { label, path, skip } of await resolveTestServerVersions()) {
  describe(`peels and a master on ${label}`, { skip: skip ?? false }, () => {
    it("on a fresh broker, make hardened buckets, and every peel is counted and listed", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url] });
      await using web1 = await startPeel(server.url, "web1", { label: { role: "web" } });
      await using web2 = await startPeel(server.url, "web2");
      await using master = await startMaster(server.url);
      await using web3 = await startPeel(server.url, "web3");

      await assertConnected(master, 3);
      const settings = { history: 1, storage: "file", discard: "new", rollups: false, deny_delete: true };
      const others = { direct: true, message_ttl: false };
      const heartbeats = hardened(await askJetStream(session.connection, "STREAM.INFO.KV_peel-heartbeat"));
      assert.deepEqual(heartbeats, { ...settings, ...others, max_age: 30e9 });
      const facts = hardened(await askJetStream(session.connection, "STREAM.INFO.KV_facts"));
      assert.deepEqual(facts, { ...settings, ...others, max_age: 0 });

      const list = () =>
        listPeels({
          facts: createBucket(session.connection, "facts"),
          heartbeats: createBucket(session.connection, "peel-heartbeat"),
          clock: systemClock,
          timeoutMs: 5_000,
        });
      await eventually(async () => {
        const { peels, malformed } = await list();
        assert.deepEqual(
          [malformed, ...peels.map(({ id, os, version, state }) => [id, os, version, isOnline(state)])],
          [0, ...["web1", "web2", "web3"].map((id) => [id, process.platform, "1.2.3-test", true])],
        );
        for (const { lastSeenMs = -1 } of peels) assert.ok(lastSeenMs >= 0 && lastSeenMs < 15_000, String(lastSeenMs));
      });
      for (const peel of [web1, web2, web3]) {
        // A look at a bucket that is not there yet takes its time on old servers.
        await assertCheck(peel, "kv", "ok");
        await assertCheck(peel, "nats", "ok");
        assert.equal(await metricOf(peel, "peel_connected"), 1);
      }
      await assertCheck(master, "presence", "ok");
      assert.deepEqual(warningsOf(master), []);
    });

    it("miss a peel that was stopped at the next count, its marker purged", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url] });
      await using master = await startMaster(server.url);
      await using web1 = await startPeel(server.url, "web1");
      await using _web2 = await startPeel(server.url, "web2");
      await assertConnected(master, 2);
      await web1.stop();
      const bucket = createBucket(session.connection, "peel-heartbeat");
      // Far below the TTL of 30 s: it is the purge that is seen, not the expiry.
      await eventually(async () => assert.equal((await bucket.state()).keys, 1));
      assert.equal(await bucket.get("web1", { fromLeader: true }), undefined);
      await assertConnected(master, 1);
    });

    it("miss a peel that fell silent at its TTL, and not before", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url] });
      await using master = await startMaster(server.url, { heartbeatInterval: "500ms", heartbeatTtl: "1500ms" });
      await assertCheck(master, "presence", "ok");
      const bucket = createBucket(session.connection, "peel-heartbeat");
      await bucket.put("web1", beat());
      const beatMono = performance.now();
      await assertConnected(master, 1);
      await assertConnected(master, 0);
      const silentMs = performance.now() - beatMono;
      assert.ok(silentMs > 1_400, `after ${silentMs} ms`);
    });

    it("go on without a restart when the broker was killed and started again", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url] });
      await using master = await startMaster(server.url, QUICK);
      await using web1 = await startPeel(server.url, "web1", QUICK);
      await using web2 = await startPeel(server.url, "web2", QUICK);
      await assertConnected(master, 2);
      server.kill();
      await server.exited;
      await assertCheck(web1, "nats", "down");
      const before = { web1: await metricOf(web1, OK_BEATS), web2: await metricOf(web2, OK_BEATS) };
      await server.restart();
      await eventually(async () => {
        assert.ok(((await metricOf(web1, OK_BEATS)) ?? 0) > (before.web1 ?? 0));
        assert.ok(((await metricOf(web2, OK_BEATS)) ?? 0) > (before.web2 ?? 0));
        assert.equal((await createBucket(session.connection, "peel-heartbeat").state()).keys, 2);
        assert.equal(await metricOf(master, "connected_peels"), 2);
        await assertCheck(master, "presence", "ok");
        assert.equal(await metricOf(master, "nats_reconnects_total"), 1);
      }, PATIENT);
    });
  });
}

const OK_BEATS = 'peel_heartbeats_total{result="ok"}';
