// What each end of a peel, and each trouble with one, looks like: real processes on a real broker.
import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { createBucket } from "@fleet/bus";
import { createSessionId } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { HEADER_SESSION, HEARTBEAT_BUCKET } from "@fleet/wire";
import { metricsOf, untilMetrics } from "../end-to-end/daemon-metrics.ts";
import type { DaemonProcess } from "../end-to-end/daemon-process.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { beat } from "../integration/fleet-members.ts";
import { checkOf, type Fleet, INTERVAL_MS, startFleetOf, TTL_MS, toldBy, untilPingable } from "./fleet.ts";
import { readHistory, reasonsOf, untilHistory } from "./roster-history.ts";

/** What a busy machine may add to a time. */
const ALLOWANCE_MS = 1_500;

describe("a fleet with one master", () => {
  let server: RunningServer;
  let fleet: Fleet;
  let master: DaemonProcess;

  before(async () => {
    server = await startTestServer();
    fleet = await startFleetOf({ urls: [server.url] });
    master = fleet.startMaster("master-1");
  });
  after(async () => {
    await fleet[Symbol.asyncDispose]();
    await server.stop();
  });

  /** Resolves when a peel has joined and its beats say that it may be probed. */
  const joined = async (id: string) => {
    const [{ session } = {}] = await untilHistory(fleet.connection, id, ["joined"]);
    assert.ok(session);
    return session;
  };
  const heartbeats = () => createBucket(fleet.connection, HEARTBEAT_BUCKET);
  const lastBeatAt = async (id: string) => (await heartbeats().get(id, { fromLeader: true }))?.storedAt ?? Number.NaN;

  it("of nobody is seen, and healthy", async () => {
    await untilMetrics(master, { presence_valid: 1, connected_peels: 0, presence_drift: 0 });
    await eventually(async () => assert.equal((await checkOf(master, "presence")).status, "ok"), PATIENCE);
    assert.equal((await readHistory(fleet.connection)).size, 0);
  });

  it("tells a peel that is told to end as left, at once", async (t) => {
    const peel = fleet.startPeel("leaver");
    const session = await joined("leaver");
    let saidAt = Number.NaN;
    const hearing = heartbeats().hear(({ key, operation }) => {
      if (key === "leaver" && operation === "delete") saidAt = Date.now();
    });
    await hearing.ready;
    peel.signal("SIGTERM");
    const [, left] = await untilHistory(fleet.connection, "leaver", ["joined", "left"]);
    hearing.close();
    assert.ok(left && left.session === session);
    tookAtMost(t, "left: judged", left.since - saidAt, ALLOWANCE_MS);
    tookAtMost(t, "left: in the roster", left.storedAt - saidAt, ALLOWANCE_MS);
    await eventually(async () => assert.equal(await heartbeats().get("leaver"), undefined), PATIENCE);
  });

  it("tells a peel that is killed as crashed, one late beat after", async (t) => {
    const peel = fleet.startPeel("crasher");
    await joined("crasher");
    await untilPingable(fleet, "crasher");
    peel.signal("SIGKILL");
    const killedAt = Date.now();
    const [, crashed] = await untilHistory(fleet.connection, "crasher", ["joined", "crashed"]);
    assert.ok(crashed);
    tookAtMost(t, "crashed", crashed.since - killedAt, Math.min(TTL_MS, 1.2 * INTERVAL_MS + 1_000 + ALLOWANCE_MS));
    const again = fleet.startPeel("crasher");
    const [, , returned] = await untilHistory(fleet.connection, "crasher", ["joined", "crashed", "returned"]);
    assert.notEqual(returned?.session, crashed.session);
    again.signal("SIGTERM");
    await untilHistory(fleet.connection, "crasher", ["joined", "crashed", "returned", "left"]);
  });

  it("tells a peel that hangs as late, at the TTL as expired, and as the same one when it goes on", async (t) => {
    const peel = fleet.startPeel("hanger");
    const session = await joined("hanger");
    await untilPingable(fleet, "hanger");
    peel.signal("SIGSTOP");
    await untilMetrics(master, { 'peels{state="late"}': 1 });
    assert.deepEqual(await reasonsOf(fleet.connection, "hanger"), ["joined"]);
    const beatAt = await lastBeatAt("hanger");
    const [, expired] = await untilHistory(fleet.connection, "hanger", ["joined", "expired"]);
    assert.ok(expired);
    tookAtMost(t, "expired, past the TTL", expired.since - beatAt - TTL_MS, ALLOWANCE_MS);
    assert.ok(expired.since - beatAt >= TTL_MS - 50, `${TTL_MS + beatAt - expired.since} ms too early`);
    peel.signal("SIGCONT");
    const [, , returned] = await untilHistory(fleet.connection, "hanger", ["joined", "expired", "returned"]);
    assert.equal(returned?.session, session);
    await stopped(peel);
  });

  it("tells two peels of one name as a conflict, once, with both sessions, until one of them ends", async () => {
    const first = fleet.startPeel("twin");
    const session = await joined("twin");
    const second = fleet.startPeel("twin");
    const conflict = await eventually(async () => {
      const found = (await readHistory(fleet.connection)).get("twin")?.find(({ state }) => state === "conflict");
      assert.ok(found);
      return found;
    }, PATIENCE);
    assert.ok([conflict.session, conflict.rival].includes(session));
    assert.ok(conflict.rival && conflict.session !== conflict.rival);
    const other = conflict.session === session ? conflict.rival : conflict.session;
    // It lasts for some beats of both, and is told once.
    const before = await heardBeats(master);
    await eventually(async () => assert.ok((await heardBeats(master)) > before + 8), PATIENCE);
    assert.equal((await metricsOf(master)).get('peels{state="conflict"}'), 1);
    await stopped(first);
    await eventually(async () => {
      const last = (await readHistory(fleet.connection)).get("twin")?.at(-1);
      assert.deepEqual([last?.state, last?.session], ["online", other]);
    }, PATIENCE);
    const reasons = await reasonsOf(fleet.connection, "twin");
    assert.deepEqual(
      reasons.filter((reason) => reason !== "returned"),
      ["joined", "conflict"],
    );
    await eventually(() => assert.equal(toldBy(master).filter((line) => line === "peel conflict twin").length, 1));
    await stopped(second);
  });

  it("does not let an old process that ends take its successor with it", async (t) => {
    // As rare as the TTL allows: a successor that a busy machine keeps from beating would look as if it were gone itself.
    const rarely = { "heartbeat-interval": `${TTL_MS / 3}ms` };
    const old = fleet.startPeel("heir", rarely);
    const oldSession = await joined("heir");
    old.signal("SIGSTOP");
    const stoppedAt = Date.now();
    const heir = fleet.startPeel("heir", rarely);
    t.after(() => stopped(heir));
    const history = await eventually(async () => {
      const found = (await readHistory(fleet.connection)).get("heir") ?? [];
      assert.notEqual(found.at(-1)?.session, oldSession);
      return found;
    }, PATIENCE);
    const { session } = history.at(-1) ?? {};
    // Until then the two of them would be in conflict, rightly.
    await eventually(() => assert.ok(Date.now() > stoppedAt + TTL_MS), PATIENCE);
    old.signal("SIGTERM");
    old.signal("SIGCONT");
    await old.command.ended;
    const before = await heardBeats(master);
    await eventually(async () => assert.ok((await heardBeats(master)) > before + 6), PATIENCE);
    const after = (await readHistory(fleet.connection)).get("heir") ?? [];
    assert.deepEqual([after.at(-1)?.state, after.at(-1)?.session], ["online", session]);
    assert.deepEqual(
      after.slice(history.length).map(({ reason, session: told }) => [reason, told]),
      [],
    );
  });

  it("takes neither a peel's clock nor a goodbye of a former session for anything", async () => {
    const session = createSessionId();
    const bucket = heartbeats();
    await bucket.put("skewed", beat({ session, seq: 1, intervalMs: 60_000, sentAt: Date.now() }));
    for (const [index, hours] of [1, -1, 24, 0].entries()) {
      const sentAt = Date.now() + hours * 3_600_000;
      await bucket.put("skewed", beat({ session, seq: index + 2, intervalMs: 60_000, sentAt }));
    }
    fleet.connection.publish("$KV.peel-heartbeat.skewed", new Uint8Array(), {
      headers: {
        "KV-Operation": "DEL",
        [HEADER_SESSION]: createSessionId(),
        "Nats-Expected-Last-Subject-Sequence": "1",
      },
    });
    const [told] = await untilHistory(fleet.connection, "skewed", ["joined"]);
    assert.ok(told && Math.abs(told.since - Date.now()) < 60_000);
    await bucket.delete("skewed", { headers: { [HEADER_SESSION]: session } });
    await untilHistory(fleet.connection, "skewed", ["joined", "left"]);
  });

  it("counts what is no beat, tells of it once a minute, and of nobody else", async () => {
    const bucket = heartbeats();
    for (let round = 0; round < 3; round += 1) {
      await bucket.put("empty", new Uint8Array());
      await bucket.put("oversize", new Uint8Array(100_000));
      await bucket.put("encoding", Uint8Array.of(0xc1));
      await bucket.put("schema", Buffer.from("{}"));
      await bucket.put("a.b", beat());
    }
    await bucket.put("foreign", beat({ version: "zester" }));
    await untilHistory(fleet.connection, "foreign", ["joined"]);
    await untilMetrics(master, { 'heartbeats_malformed_total{reason="oversize"}': 3, connected_peels: 1 });
    assert.equal(master.lines.filter(({ msg }) => msg.includes("is not a beat")).length, 1);
    const ids = [...(await readHistory(fleet.connection)).keys()];
    for (const id of ["empty", "oversize", "encoding", "schema", "a.b"]) assert.ok(!ids.includes(id), id);
    // One of another make has no session: its TTL alone ends it.
    await untilHistory(fleet.connection, "foreign", ["joined", "expired"]);
    await untilMetrics(master, { connected_peels: 0, presence_drift: 0, presence_valid: 1 });
  });

  it("of three that all die tells each of them, and sees that nobody is left", async () => {
    const ids = ["one", "two", "three"];
    const peels = ids.map((id) => fleet.startPeel(id));
    for (const id of ids) {
      await joined(id);
      await untilPingable(fleet, id);
    }
    for (const peel of peels) peel.signal("SIGKILL");
    for (const id of ids) {
      const [, crashed] = await untilHistory(fleet.connection, id, ["joined", "crashed"]);
      assert.ok(!crashed?.mass, "three are not very many");
    }
    await untilMetrics(master, { connected_peels: 0, presence_valid: 1, 'peels{state="online"}': 0 });
  });

  it("has never doubted what it saw in all of this", () => {
    const doubts = master.lines.filter(({ msg }) => msg === "presence not certain; verdicts held back");
    assert.deepEqual(
      doubts.map(({ reason }) => reason),
      [],
    );
  });
});

function tookAtMost(t: TestContext, what: string, tookMs: number, boundMs: number): void {
  t.diagnostic(`${what}: ${tookMs} ms`);
  assert.ok(tookMs < boundMs, `${what} took ${tookMs} ms`);
}

async function heardBeats(master: DaemonProcess): Promise<number> {
  return (await metricsOf(master)).get("heartbeats_received_total") ?? 0;
}

/** Ends a peel in order. */
async function stopped(peel: DaemonProcess): Promise<void> {
  peel.signal("SIGTERM");
  await peel.command.ended;
}
