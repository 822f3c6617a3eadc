// A swarm against real servers: what it says of itself is what the broker holds.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { type Bucket, type BucketEntry, createBucket, setUpBucket } from "@fleet/bus";
import { beatPhaseMs } from "@fleet/presence";
import { eventually } from "@fleet/runtime/testing";
import type { Swarm } from "@fleet/swarm";
import {
  bucketStream,
  decodeFacts,
  decodeHeartbeat,
  FACTS_BUCKET,
  factText,
  HEARTBEAT_BUCKET,
  type Heartbeat,
  heartbeatBucketSpec,
} from "@fleet/wire";
import { askJetStream, type BusSession, connectSession } from "./bus-session.ts";
import { PATIENT } from "./fleet-members.ts";
import { startSwarm } from "./swarm-members.ts";

/** Everything that was due is somewhere, and all that was sent has its answer. */
function assertSettled({ accounts: { beats } }: Swarm): void {
  const text = JSON.stringify(beats);
  assert.equal(beats.due + beats.retried, beats.sent + beats.lost + beats.unsent, text);
  assert.equal(beats.sent, beats.acknowledged + beats.failed, text);
  assert.deepEqual([beats.waiting, beats.inFlight], [0, 0], text);
}

function heartbeatsOf({ connection }: BusSession): Bucket {
  return createBucket(connection, HEARTBEAT_BUCKET);
}

async function entriesOf(bucket: Bucket): Promise<BucketEntry[]> {
  const entries: BucketEntry[] = [];
  await bucket.replay((entry) => entries.push({ ...entry, value: entry.value.slice() }), { timeoutMs: 10_000 });
  return entries;
}

function beatIn({ value }: Pick<BucketEntry, "value">): Heartbeat {
  const decoded = decodeHeartbeat(value);
  assert.ok(decoded.ok);
  return decoded.value;
}

describe("a swarm", () => {
  it("is in the bucket, peel by peel, as it says itself: 2,000 peels at 1 s with losses", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    // A TTL that nobody misses on a busy machine, also with every tenth beat lost.
    await using running = await startSwarm(server.url, {
      peels: "2000",
      interval: "1s",
      ttl: "30s",
      loss: "0.1",
      facts: true,
    });
    const { swarm } = running;
    await eventually(() => assert.ok(swarm.accounts.beats.acknowledged >= 6_000), PATIENT);
    await running.stop();

    assertSettled(swarm);
    const { beats, facts } = swarm.accounts;
    assert.ok(Math.abs(beats.lost / beats.due - 0.1) < 0.03, `${beats.lost} of ${beats.due} lost`);
    assert.equal(swarm.census.count("alive"), 2_000);
    assert.equal(beats.missedTtl, 0);

    const bucket = heartbeatsOf(session);
    const entries = await entriesOf(bucket);
    assert.equal((await bucket.state()).keys, entries.length);
    const withBeats = [...swarm.census.peels()].filter((peel) => peel.beats > 0);
    // On a busy machine the answer to a beat may come too late: it is stored, and its peel does not know.
    assert.ok(entries.length >= withBeats.length && entries.length <= withBeats.length + beats.failed);
    let unknown = 0;
    for (const entry of entries) {
      const peel = swarm.census.find(entry.key);
      const { session: beatSession, seq, intervalMs, version } = beatIn(entry);
      assert.deepEqual(
        { session: beatSession, intervalMs, version },
        { session: peel?.session, intervalMs: 1_000, version: "1.2.3-test" },
      );
      if (seq !== peel?.beats) unknown += 1;
    }
    assert.ok(unknown <= beats.failed, `${unknown} of another count, ${beats.failed} failed`);
    const stored = await entriesOf(createBucket(session.connection, FACTS_BUCKET));
    assert.equal(stored.length, facts.stored);
    const [first] = stored;
    const decoded = decodeFacts(first?.value ?? new Uint8Array());
    assert.ok(decoded.ok && factText(decoded.value, "network", "hostname") === first?.key);
  });

  it("beats at the phases of real peels", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    const intervalMs = 1_000;
    await using running = await startSwarm(server.url, { peels: "50", interval: "1s" });
    const heardMono = new Map<string, number>();
    const hearing = heartbeatsOf(session).hear(({ key }) => heardMono.set(key, performance.now()));
    await eventually(() => assert.ok(running.swarm.accounts.beats.acknowledged >= 150), PATIENT);
    hearing.close();
    // Where two peels stand to each other is where their phases do, save for a few on a busy machine.
    const base = heardMono.get("swarm-000001") ?? Number.NaN;
    const offsets = [...heardMono].map(([id, atMono]) => {
      const expected = beatPhaseMs(id, intervalMs) - beatPhaseMs("swarm-000001", intervalMs);
      const off = (((atMono - base - expected) % intervalMs) + intervalMs) % intervalMs;
      return Math.min(off, intervalMs - off);
    });
    assert.equal(offsets.length, 50);
    const near = offsets.filter((off) => off < 100);
    assert.ok(near.length >= 40, `${near.length} of 50 within 100 ms: ${offsets.map(Math.round)}`);
  });

  it("writes markers for those that leave and lets those that crash expire, as its census says", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    const changes: string[] = [];
    await using running = await startSwarm(server.url, {
      peels: "200",
      interval: "500ms",
      ttl: "4s",
      onChange: ({ id, condition }) => changes.push(`${id} ${condition}`),
    });
    const { swarm } = running;
    const bucket = heartbeatsOf(session);
    await eventually(() => assert.ok([...swarm.census.peels()].every((peel) => peel.beats > 0)), PATIENT);

    const left = swarm.intervene("leave", 20);
    assert.equal(left.length, 20);
    await eventually(() => assert.equal(swarm.census.count("leaving"), 0), PATIENT);
    // On a busy machine some do not know their last beat, and go without a marker.
    const silently = swarm.census.ids("crashed");
    const said = swarm.census.ids("left");
    assert.ok(said.length > 0);
    assert.deepEqual([...said, ...silently].sort(), [...left].sort());
    const markers = (await entriesOf(bucket)).filter(({ operation }) => operation === "delete");
    assert.deepEqual(markers.map(({ key }) => key).sort(), said.sort());
    for (const marker of markers) {
      assert.equal(marker.header("Fleet-Session"), swarm.census.find(marker.key)?.session);
    }

    const crashed = swarm.intervene("crash", 30);
    await eventually(async () => {
      const keys = (await entriesOf(bucket)).filter(({ operation }) => operation === "put").map(({ key }) => key);
      assert.deepEqual(keys.sort(), swarm.census.ids("alive").sort());
      assert.equal(keys.length, 150);
    }, PATIENT);
    assert.deepEqual(swarm.census.ids("crashed").sort(), [...crashed, ...silently].sort());

    const sessionsBefore = new Map(left.map((id) => [id, swarm.census.find(id)?.session]));
    const back = swarm.intervene("join", 20);
    assert.deepEqual([...back].sort(), [...left].sort());
    await eventually(async () => assert.equal((await bucket.state()).keys, 170), PATIENT);
    for (const id of back) assert.notEqual(swarm.census.find(id)?.session, sessionsBefore.get(id));
    await running.stop();
    assertSettled(swarm);
    const { peels } = swarm.accounts;
    assert.deepEqual(peels, {
      joined: 220,
      returned: 20,
      left: said.length,
      leftWithoutMarker: silently.length,
      crashed: 30,
    });
    assert.equal(changes.length, 200 + 2 * 20 + 30 + 20);
  });

  it("comes and goes by its plan: churn, crashes and flaps", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await using running = await startSwarm(server.url, {
      peels: "300",
      interval: "500ms",
      ttl: "30s",
      churn: "20/s",
      crash: "10/s",
      flap: "10/s",
      flapDown: "300ms",
      leave: true,
    });
    const { swarm } = running;
    await eventually(() => assert.ok(swarm.accounts.peels.left >= 30), PATIENT);
    await eventually(() => assert.ok(swarm.accounts.peels.returned >= 10), PATIENT);
    await running.stop();
    assertSettled(swarm);
    const { left, leftWithoutMarker, crashed, joined } = swarm.accounts.peels;
    assert.equal(swarm.census.count("alive"), 0);
    assert.equal(left + leftWithoutMarker + crashed, joined);
    // With the TTL far away every peel is there, with its last beat or its marker.
    const entries = await entriesOf(heartbeatsOf(session));
    const deleted = entries.filter(({ operation }) => operation === "delete").map(({ key }) => key);
    assert.deepEqual(deleted.sort(), swarm.census.ids("left").sort());
  });

  it("goes on after the broker was away, without having piled anything up", async () => {
    await using server = await startTestServer();
    await using running = await startSwarm(server.url, {
      peels: "500",
      interval: "500ms",
      ttl: "30s",
      storage: "file",
    });
    const { swarm } = running;
    await eventually(() => assert.ok(swarm.accounts.beats.acknowledged >= 1_000), PATIENT);
    server.kill("SIGKILL");
    await server.exited;
    await eventually(() => assert.ok(swarm.accounts.beats.unsent >= 1_000), PATIENT);
    const { waiting, inFlight, acknowledged } = swarm.accounts.beats;
    assert.deepEqual([waiting, inFlight], [0, 0]);
    await server.restart();
    await eventually(() => assert.ok(swarm.accounts.beats.acknowledged >= acknowledged + 1_500), PATIENT);
    await using session = await connectSession({ urls: [server.url] });
    await eventually(async () => assert.equal((await heartbeatsOf(session).state()).keys, 500), PATIENT);
    await running.stop();
    assertSettled(swarm);
    assert.equal(swarm.disconnects, 2);
  });

  it("makes a bucket again that is lost, as it was when it was found, and tells of the beats that failed", async () => {
    await using server = await startTestServer();
    const spec = heartbeatBucketSpec({ ttlMs: 60_000, storage: "memory" });
    {
      await using session = await connectSession({ urls: [server.url] });
      await setUpBucket(session.connection, spec);
    }
    await using running = await startSwarm(server.url, { peels: "200", interval: "500ms", storage: "file" });
    const { swarm, logger } = running;
    const created = () => logger.lines.filter(({ message }) => message === "bucket created").length;
    await eventually(() => assert.ok(swarm.accounts.beats.acknowledged >= 400), PATIENT);
    assert.equal(created(), 0);

    server.kill("SIGKILL");
    await server.exited;
    await server.restart();
    await using session = await connectSession({ urls: [server.url] });
    const bucket = heartbeatsOf(session);
    await eventually(async () => assert.equal((await bucket.state()).keys, 200), PATIENT);
    const { ttlMs, storage } = await bucket.state();
    assert.deepEqual([ttlMs, storage, created()], [60_000, "memory", 1]);

    await askJetStream(session.connection, `STREAM.DELETE.${bucketStream(HEARTBEAT_BUCKET)}`);
    await eventually(async () => assert.equal((await bucket.state()).keys, 200), PATIENT);
    assert.deepEqual([(await bucket.state()).ttlMs, created()], [60_000, 2]);
    const warnings = logger.lines.filter(({ message }) => message === "writes are failing");
    const unavailable = warnings.filter(({ fields }) => fields["code"] === "UNAVAILABLE");
    assert.equal(unavailable.length, 1, JSON.stringify(warnings));
    assert.equal(unavailable[0]?.fields["bucket"], HEARTBEAT_BUCKET);
    await running.stop();
    assertSettled(swarm);
  });

  it("misses no TTL in a bucket that has none, and says that there is none", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await setUpBucket(session.connection, heartbeatBucketSpec({ ttlMs: 0, storage: "memory" }));
    await using running = await startSwarm(server.url, { peels: "20", interval: "500ms" });
    const { swarm, logger } = running;
    await eventually(() => assert.ok(swarm.accounts.beats.acknowledged >= 60), PATIENT);
    assert.equal(swarm.ttlMs, Number.POSITIVE_INFINITY);
    assert.deepEqual([swarm.accounts.beats.missedTtl, swarm.census.silent(swarm.ttlMs)], [0, 0]);
    assert.ok(logger.lines.some(({ level, message }) => level === "warn" && message.includes("no TTL")));
  });

  it("keeps those that have left away for two TTLs of the bucket found, not of the one configured", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await setUpBucket(session.connection, heartbeatBucketSpec({ ttlMs: 60_000, storage: "memory" }));
    await using running = await startSwarm(server.url, { peels: "50", interval: "500ms", churn: "1/s" });
    const { swarm } = running;
    // Of the configured TTL, two of which are 3 s, four peels would take the places of fifty.
    const left = new Set(swarm.intervene("leave", 50));
    const come = swarm.intervene("join", 50);
    assert.deepEqual([left.size, come.length], [50, 50]);
    assert.deepEqual(
      come.filter((id) => left.has(id)),
      [],
    );
  });

  it("tells of a bucket with another TTL, and fails where it may not make one", async () => {
    await using server = await startTestServer();
    {
      await using first = await startSwarm(server.url, { peels: "1", interval: "500ms", ttl: "5s" });
      assert.equal(first.swarm.ttlMs, 5_000);
    }
    await using second = await startSwarm(server.url, { peels: "1", interval: "500ms" });
    assert.equal(second.swarm.ttlMs, 5_000);
    assert.ok(second.logger.lines.some(({ level, message }) => level === "warn" && message.includes("another TTL")));

    await using plain = await startTestServer({
      config: "accounts { A { users: [{ user: me, password: secret }] } }",
    });
    await assert.rejects(startSwarm(`nats://me:secret@127.0.0.1:${plain.clientPort}`), /JetStream/);
  });
});
