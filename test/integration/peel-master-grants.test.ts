// What peels and masters do with few grants, and with buckets that others have made.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { type Connection, createBucket } from "@fleet/bus";
import { createProber } from "@fleet/presence";
import { systemClock } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { decodeHeartbeat, HEARTBEAT_BUCKET, type Heartbeat } from "@fleet/wire";
import { askJetStream, type BusSession, changeSettings, connectSession, reloadSettings } from "./bus-session.ts";
import {
  assertCheck,
  assertConnected,
  checkOf,
  metricOf,
  PATIENT,
  QUICK,
  startMaster,
  startPeel,
  warningsOf,
} from "./fleet-members.ts";

const list = (subjects: readonly string[]) => subjects.map((subject) => JSON.stringify(subject)).join(", ");

interface Grants {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Users of a server: `admin` may do everything, the other what is granted. */
function users(name: string, { publish, subscribe }: Grants): string {
  return `authorization { users: [
    { user: admin, password: pw }
    { user: ${name}, password: pw, permissions: { publish: [${list(publish)}], subscribe: [${list(subscribe)}] } }
  ] }`;
}

const urlOf = ({ url }: RunningServer, user: string) => url.replace("nats://", `nats://${user}:pw@`);

const adminOf = (server: RunningServer): Promise<BusSession> => connectSession({ urls: [urlOf(server, "admin")] });

const OWN_SUBJECTS = "fleet.peel.web1.>";

/** All that a peel needs: its own two keys, a read of its own facts, the subjects with its name, and a private inbox. */
const PEEL_GRANTS: Grants = {
  publish: ["$KV.peel-heartbeat.web1", "$KV.facts.web1", "$JS.API.DIRECT.GET.KV_facts.$KV.facts.web1", OWN_SUBJECTS],
  subscribe: ["_INBOX_web1.>", OWN_SUBJECTS],
};

/** The last beat of a peel, as it lies in the bucket. */
async function lastBeat(connection: Connection, id: string): Promise<Heartbeat> {
  const entry = await createBucket(connection, HEARTBEAT_BUCKET).get(id);
  const beat = decodeHeartbeat(entry?.value ?? new Uint8Array());
  assert.ok(beat.ok);
  return beat.value;
}

const OK_BEATS = 'peel_heartbeats_total{result="ok"}';
const FAILED_BEATS = 'peel_heartbeats_total{result="failed"}';

describe("a peel with no more than its own grants", () => {
  it("beats, tells its facts, answers for its kv check, and leaves", async () => {
    await using server = await startTestServer({ config: users("web1", PEEL_GRANTS) });
    await using admin = await adminOf(server);
    await using master = await startMaster(urlOf(server, "admin"));
    await using web1 = await startPeel(urlOf(server, "web1"), "web1", QUICK);
    await assertConnected(master, 1);
    const facts = createBucket(admin.connection, "facts");
    await eventually(async () => assert.equal((await facts.get("web1"))?.operation, "put"));
    assert.deepEqual(await checkOf(web1, "kv"), { status: "ok" });

    await facts.delete("web1");
    assert.match((await checkOf(web1, "kv")).message ?? "", /facts were missing/);
    await assertCheck(web1, "kv", "ok");
    await eventually(async () => assert.ok(((await metricOf(web1, OK_BEATS)) ?? 0) > 2));
    await eventually(async () => assert.equal((await lastBeat(admin.connection, "web1")).ping, true));
    const prober = createProber({ connection: admin.connection, clock: systemClock });
    assert.equal((await prober.probe("web1", { timeoutMs: 5_000 })).kind, "answered");

    await web1.stop();
    const bucket = createBucket(admin.connection, "peel-heartbeat");
    await eventually(async () => assert.equal((await bucket.state()).keys, 0));
    const denials = warningsOf(web1).filter((line) => /ermission|allow/.test(line));
    assert.deepEqual(denials, []);
  });

  it("can neither read nor write its neighbours, nor erase them with a roll-up", async () => {
    await using server = await startTestServer({ config: users("web1", PEEL_GRANTS) });
    await using admin = await adminOf(server);
    await using _master = await startMaster(urlOf(server, "admin"));
    const bucket = createBucket(admin.connection, "peel-heartbeat");
    await eventually(() => bucket.state());
    for (const id of ["web1", "web2", "web3"]) await bucket.put(id, Uint8Array.of(0x80));
    await using intruder = await connectSession({ urls: [urlOf(server, "web1")], inboxPrefix: "_INBOX_web1" });
    const own = createBucket(intruder.connection, "peel-heartbeat");
    const timeoutMs = 1_000;
    await assert.rejects(own.put("web2", Uint8Array.of(0x80), { timeoutMs }));
    await assert.rejects(own.get("web2", { timeoutMs }));
    await assert.rejects(own.state({ timeoutMs }));
    await assert.rejects(own.put("web1", Uint8Array.of(0x80), { timeoutMs, headers: { "Nats-Rollup": "all" } }));
    await assert.rejects(own.put("web1", Uint8Array.of(0x80), { timeoutMs, headers: { "Nats-Rollup": "sub" } }));
    assert.equal((await bucket.state()).keys, 3);
  });

  it("cannot have its neighbours' keys written by an answer to a ping", async () => {
    await using server = await startTestServer({ config: users("web1", PEEL_GRANTS) });
    await using admin = await adminOf(server);
    await using intruder = await connectSession({ urls: [urlOf(server, "web1")], inboxPrefix: "_INBOX_web1" });
    const written: string[] = [];
    for (const subject of ["$KV.>", "fleet.peel.web2.>"]) {
      admin.connection.subscribe(subject, (message) => written.push(message.subject));
    }
    await admin.connection.flush(5_000);
    const victims = ["$KV.peel-heartbeat.web2", "fleet.peel.web2.pong.asker.1"];
    intruder.connection.subscribe("fleet.peel.web1.ping", ({ reply = "" }) => {
      intruder.connection.publish(reply, Uint8Array.of(0x80));
    });
    for (const reply of [...victims, "$KV.peel-heartbeat.web1"]) {
      intruder.connection.publish("fleet.peel.web1.ping", new Uint8Array(), { reply });
    }
    await eventually(() => assert.deepEqual(written, ["$KV.peel-heartbeat.web1"]));
  });

  it("without the grants for its ping works as before, says so, and lets its beats not say that it may be probed", async () => {
    const without = (subjects: readonly string[]) => subjects.filter((subject) => subject !== OWN_SUBJECTS);
    const grants = { publish: without(PEEL_GRANTS.publish), subscribe: without(PEEL_GRANTS.subscribe) };
    await using server = await startTestServer({ config: users("web1", grants) });
    await using admin = await adminOf(server);
    await using master = await startMaster(urlOf(server, "admin"));
    await using web1 = await startPeel(urlOf(server, "web1"), "web1", QUICK);
    await assertConnected(master, 1);
    const warned = () => warningsOf(web1).filter((line) => line.startsWith("this peel cannot be pinged"));
    await eventually(() => assert.equal(warned().length, 1), PATIENT);
    assert.match(warned().join(), /"fleet\.peel\.web1\.ping"/);
    assert.ok(((await metricOf(web1, OK_BEATS)) ?? 0) > 0);
    assert.equal(await metricOf(web1, FAILED_BEATS), 0);
    assert.equal((await lastBeat(admin.connection, "web1")).ping, undefined);
  });

  it("without the grant for its beats warns with the subject, and beats once it is granted", async () => {
    const narrow = users("web1", { ...PEEL_GRANTS, publish: PEEL_GRANTS.publish.slice(1) });
    await using server = await startTestServer({ config: narrow });
    await using master = await startMaster(urlOf(server, "admin"));
    await using web1 = await startPeel(urlOf(server, "web1"), "web1", QUICK);
    await eventually(() =>
      assert.match(warningsOf(web1).join("\n"), /heartbeats are failing.*\$KV\.peel-heartbeat\.web1/),
    );
    assert.ok(((await metricOf(web1, FAILED_BEATS)) ?? 0) >= 3);
    assert.equal(await metricOf(web1, OK_BEATS), 0);
    await changeSettings(server, narrow, users("web1", PEEL_GRANTS));
    reloadSettings(server);
    await assertConnected(master, 1);
  });
});

describe("a master that may not make its buckets", () => {
  it("warns and says so in its check, goes on, and makes them once it may", async () => {
    const everything = { publish: [">"], subscribe: [">"] };
    const inboxOnly = { publish: ["$JS.API.STREAM.INFO.>", "$JS.API.STREAM.NAMES"], subscribe: [">"] };
    const [before, after] = [users("master", inboxOnly), users("master", everything)];
    await using server = await startTestServer({ config: before });
    await using master = await startMaster(urlOf(server, "master"), { id: "master-a" });
    await using web1 = await startPeel(urlOf(server, "admin"), "web1", QUICK);
    const refused = /peel-heartbeat: .*\$JS\.API\.STREAM\.CREATE\.KV_peel-heartbeat/;
    await eventually(async () => {
      const { status, message = "" } = await checkOf(master, "presence");
      assert.equal(status, "down");
      assert.match(message, /^the peels have not been counted yet; /);
      assert.match(message, refused);
      assert.match(message, /facts: /);
    });
    const warnings = () => warningsOf(master).filter((line) => line.startsWith("bucket is not as it should be"));
    assert.match(warnings().join("\n"), /"bucket":"peel-heartbeat"/);
    // One for each bucket, however often it has looked meanwhile.
    const buckets = warnings().map((line) => /"bucket":"([^"]+)"/.exec(line)?.[1]);
    assert.deepEqual(buckets, [...new Set(buckets)]);
    assert.doesNotMatch(warningsOf(master).join("\n"), /peels not counted/, "one line for one failure");
    assert.equal((await fetch(`${master.url}/healthz`)).status, 200);

    await changeSettings(server, before, after);
    reloadSettings(server);
    await assertCheck(master, "presence", "ok");
    await assertConnected(master, 1);
    await assertCheck(web1, "kv", "ok");
  });
});

describe("a JetStream that does not answer", () => {
  it("keeps no master from ending in time", async () => {
    // Requests go to one who hears and says nothing.
    const mappings = '{ "$JS.API.STREAM.INFO.*": "deaf.$1" }';
    const config = `accounts { DEAF { users: [{ user: deaf, password: pw }], mappings: ${mappings} } }`;
    await using server = await startTestServer({ config });
    const url = urlOf(server, "deaf");
    await using listener = await connectSession({ urls: [url] });
    let asked = 0;
    listener.connection.subscribe("deaf.*", () => {
      asked += 1;
    });
    await listener.connection.flush(5_000);
    await using master = await startMaster(url);
    await eventually(() => assert.ok(asked > 0));
    const debugLines = () => master.logger.lines.filter(({ level }) => level === "debug").map(({ message }) => message);
    const counted = "connected-peels count failed; keeping last gauge value";
    await eventually(() => assert.ok(debugLines().includes(counted)), PATIENT);
    // Rejects when it takes longer than its 10 s.
    await master.stop();
  });
});

describe("a heartbeat bucket that somebody else has made", () => {
  it("is used as it is, and what differs is warned of once and told by the check", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await askJetStream(session.connection, "STREAM.CREATE.KV_peel-heartbeat", {
      name: "KV_peel-heartbeat",
      subjects: ["$KV.peel-heartbeat.>"],
      storage: "file",
      max_age: 60e9,
      max_msgs_per_subject: 1,
      allow_rollup_hdrs: true,
      allow_direct: true,
      discard: "new",
      num_replicas: 1,
    });
    await using master = await startMaster(server.url);
    await using _web1 = await startPeel(server.url, "web1", QUICK);
    await assertConnected(master, 1);
    const { status, message } = await checkOf(master, "presence");
    const reasons = ["deletes of single messages are allowed", "TTL is 1m0s, not 30s"];
    assert.deepEqual([status, message], ["degraded", reasons.map((reason) => `peel-heartbeat: ${reason}`).join("; ")]);
    assert.equal((await fetch(`${master.url}/readyz`)).status, 200, "degraded is no reason to restart");
    assert.deepEqual(
      warningsOf(master).map((line) => line.split(" {")[0]),
      ["bucket settings put right", "bucket is not as it should be"],
    );

    // The one setting that lets a peel harm its neighbours is put right; the rest is the owner's will.
    const info = () => askJetStream<{ config: Record<string, unknown> }>(session.connection, INFO);
    const { config } = await info();
    assert.deepEqual([config["allow_rollup_hdrs"] ?? false, config["max_age"]], [false, 60e9]);
    // Set back by its owner, it is reported at the next look, and not fought over.
    await askJetStream(session.connection, "STREAM.UPDATE.KV_peel-heartbeat", { ...config, allow_rollup_hdrs: true });
    server.kill();
    await server.exited;
    await server.restart();
    await eventually(async () =>
      assert.match((await checkOf(master, "presence")).message ?? "", /peel-heartbeat: roll-ups are allowed/),
    );
    await eventually(async () => assert.equal((await info()).config["allow_rollup_hdrs"], true));
    assert.equal(warningsOf(master).filter((line) => line.startsWith("bucket settings put right")).length, 1);
  });
});

const INFO = "STREAM.INFO.KV_peel-heartbeat";
