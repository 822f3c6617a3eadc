import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { createHeartbeatWriter } from "@fleet/wire";
import { BeatLane, type BeatLaneParts } from "./beat-lane.ts";
import { createPeelNames } from "./peel-names.ts";
import { PEEL_CONDITIONS, PeelRecords } from "./peel-records.ts";
import { createPeelSessions, SESSION_LENGTH } from "./peel-sessions.ts";
import { SwarmLedger } from "./swarm-accounts.ts";
import { beatOf, createConnectionScript } from "./testing/connection-script.ts";

const INTERVAL_MS = 10_000;
const TTL_MS = 30_000;
const PEELS = 10;
const SESSION = "2pGuqGpJ0Hk5mGkcqF3VqVb0W7Z";

function createScene(changes: Partial<BeatLaneParts> = {}) {
  const clock = createFakeClock();
  const script = createConnectionScript(clock);
  const records = new PeelRecords(PEELS);
  const names = createPeelNames("p-", PEELS);
  const sessions = createPeelSessions(SESSION);
  const ledger = new SwarmLedger();
  const changed: string[] = [];
  const lane = new BeatLane(script.connection, PEELS, {
    records,
    names,
    sessions,
    writer: createHeartbeatWriter({
      version: "1.0.0",
      protocol: 1,
      intervalMs: INTERVAL_MS,
      sessionLength: SESSION_LENGTH,
    }),
    ledger,
    nextBeatMono: (_peel, afterMono) => afterMono + INTERVAL_MS,
    clock,
    random: () => 0.5,
    intervalMs: INTERVAL_MS,
    ttlMs: () => TTL_MS,
    isLost: () => false,
    factsOf: undefined,
    onChange: (peel) => changed.push(`${peel} ${PEEL_CONDITIONS[records.condition[peel] as number]}`),
    ...changes,
  });
  const conditionOf = (peel: number) => PEEL_CONDITIONS[records.condition[peel] as number];
  /** Everything that was due is somewhere. */
  const assertAddsUp = () => {
    const { due, retried, sent, lost, unsent, waiting, acknowledged, failed, inFlight } = ledger.beats;
    assert.equal(due + retried, sent + lost + unsent + waiting, JSON.stringify(ledger.beats));
    assert.equal(sent, acknowledged + failed + inFlight, JSON.stringify(ledger.beats));
  };
  /** A peel that has joined and whose first beat is stored. */
  const settle = (...peels: number[]) => {
    for (const peel of peels) lane.join(peel, clock.monoMs());
    lane.pump();
    for (const message of script.published.splice(0)) message.store();
  };
  const last = () => {
    const message = script.published.at(-1);
    if (!message) throw new Error("nothing was published");
    return message;
  };
  return { clock, script, records, sessions, ledger, lane, changed, conditionOf, assertAddsUp, settle, last };
}

describe("a lane's beats", () => {
  it("are those of the real peel: own key, session of the life, count of its acknowledged beats, interval", async () => {
    const { clock, lane, settle, last, sessions, assertAddsUp } = createScene();
    settle(3);
    await clock.advance(5);
    lane.beat(3, clock.monoMs());
    lane.pump();
    assert.equal(last().subject, "$KV.peel-heartbeat.p-000004");
    assert.deepEqual(beatOf(last()), {
      sentAt: clock.wallMs(),
      version: "1.0.0",
      protocol: 1,
      session: sessions.textOf(3, 1),
      seq: 2,
      intervalMs: INTERVAL_MS,
    });
    assertAddsUp();
  });

  it("are not piled up behind one that has no answer: those that come meanwhile are counted as not sent", async () => {
    const { clock, lane, script, ledger, assertAddsUp } = createScene();
    lane.join(0, 0);
    lane.pump();
    // The regular beat that comes while the first is on its way is the same to everybody.
    lane.beat(0, 1_000);
    await clock.advance(2_400);
    lane.beat(0, 9_000);
    assert.equal(script.published.length, 1);
    assert.deepEqual([ledger.beats.due, ledger.beats.unsent], [2, 1]);
    assertAddsUp();
  });

  it("that fail are tried again with backoff and the same count, and told by their error", async () => {
    const { clock, lane, script, ledger, last, assertAddsUp } = createScene();
    lane.join(0, 0);
    lane.pump();
    last().refuse(503);
    assert.deepEqual(ledger.failures.byCode(), { UNAVAILABLE: 1 });
    lane.pump();
    assert.equal(script.published.length, 1);
    // Half of the first delay's ceiling, a twentieth of the interval.
    await clock.advance(260);
    lane.pump();
    assert.equal(script.published.length, 2);
    assert.equal(beatOf(last()).seq, 1);
    last().store();
    assert.deepEqual([ledger.beats.retried, ledger.beats.acknowledged, ledger.beats.failed], [1, 1, 1]);
    assertAddsUp();
  });

  it("are not tried again when the regular one was first, whether it has its answer or not", async () => {
    const { clock, lane, script, last, records, assertAddsUp } = createScene();
    for (const peel of [0, 1]) lane.join(peel, 0);
    lane.pump();
    for (const message of script.published.splice(0)) message.refuse(503);
    await clock.advance(100);
    // More than half an interval after the first: a beat of its own.
    for (const peel of [0, 1]) lane.beat(peel, INTERVAL_MS);
    lane.pump();
    script.published[0]?.store();
    assert.equal(records.seq[0], 1);
    await clock.advance(400);
    lane.pump();
    assert.equal(script.published.length, 2);
    last().store();
    assertAddsUp();
  });

  it("without an answer have failed after a quarter of the interval", async () => {
    const { clock, lane, ledger, assertAddsUp } = createScene();
    lane.join(0, 0);
    lane.pump();
    await clock.advance((INTERVAL_MS / 4) * 1.2);
    assert.deepEqual(ledger.failures.byCode(), { TIMEOUT: 1 });
    assertAddsUp();
  });

  it("are late when they are sent more than a fifth of an interval after they were due", async () => {
    const { clock, lane, settle, ledger } = createScene();
    settle(0, 1);
    lane.beat(0, clock.monoMs());
    await clock.advance(INTERVAL_MS / 5 + 1);
    lane.beat(1, clock.monoMs());
    lane.pump();
    assert.equal(ledger.beats.late, 1);
  });

  it("that come more than a TTL after the one before have missed it", async () => {
    const { clock, lane, settle, last, ledger } = createScene();
    settle(0);
    await clock.advance(TTL_MS);
    lane.beat(0, clock.monoMs());
    lane.pump();
    last().store();
    assert.equal(ledger.beats.missedTtl, 0);
    await clock.advance(TTL_MS + 1);
    lane.beat(0, clock.monoMs());
    lane.pump();
    last().store();
    assert.equal(ledger.beats.missedTtl, 1);
  });

  it("miss no TTL where there is none", async () => {
    const { clock, lane, settle, last, ledger } = createScene({ ttlMs: () => Number.POSITIVE_INFINITY });
    settle(0);
    await clock.advance(100 * TTL_MS);
    lane.beat(0, clock.monoMs());
    lane.pump();
    last().store();
    assert.deepEqual([ledger.beats.acknowledged, ledger.beats.missedTtl], [2, 0]);
  });

  it("that are lost on purpose are counted and nothing else", () => {
    const { lane, script, ledger, assertAddsUp } = createScene({ isLost: (peel) => peel === 1 });
    lane.join(0, 0);
    lane.join(1, 0);
    lane.pump();
    assert.equal(script.published.length, 1);
    assert.equal(ledger.beats.lost, 1);
    assertAddsUp();
  });
});

describe("a lane whose connection is lost", () => {
  it("keeps nothing: what was on its way has failed, what waited and what comes due is not sent", () => {
    const { lane, script, ledger, settle, assertAddsUp } = createScene();
    settle(0, 1, 2);
    lane.beat(0, 0);
    lane.pump();
    lane.beat(1, 0);
    script.become("disconnected");
    lane.drop();
    lane.beat(2, 0);
    lane.pump();
    assert.deepEqual(ledger.failures.byCode(), { NOT_CONNECTED: 1 });
    assert.equal(ledger.beats.unsent, 2);
    assert.equal(lane.busy, false);
    assertAddsUp();
  });

  it("goes on when it is back, with one beat of each peel", async () => {
    const { clock, lane, script, settle, assertAddsUp } = createScene();
    settle(0, 1);
    script.become("disconnected");
    lane.drop();
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(INTERVAL_MS);
      for (const peel of [0, 1]) lane.beat(peel, clock.monoMs());
    }
    script.become("connected");
    for (const peel of [0, 1]) lane.beat(peel, clock.monoMs());
    lane.pump();
    assert.equal(script.published.length, 2);
    assertAddsUp();
  });
});

describe("a peel that leaves", () => {
  it("writes a delete marker over its own last beat, with its session, and has left when that is stored", () => {
    const { lane, settle, last, conditionOf, sessions, ledger, changed } = createScene();
    settle(0, 1);
    lane.leave(1);
    lane.pump();
    assert.equal(conditionOf(1), "leaving");
    assert.equal(last().subject, "$KV.peel-heartbeat.p-000002");
    assert.deepEqual(last().headers, {
      "KV-Operation": "DEL",
      "Fleet-Session": sessions.textOf(1, 1),
      "Nats-Expected-Last-Subject-Sequence": "2",
    });
    last().store();
    assert.equal(conditionOf(1), "left");
    assert.equal(ledger.peels.left, 1);
    assert.deepEqual(changed, ["0 alive", "1 alive", "1 leaving", "1 left"]);
  });

  it("first waits for the answer to its beat", () => {
    const { lane, settle, last, script } = createScene();
    settle(0);
    lane.beat(0, 0);
    lane.pump();
    lane.leave(0);
    lane.pump();
    assert.equal(script.published.length, 1);
    last().store();
    lane.pump();
    assert.equal(last().headers?.["Nats-Expected-Last-Subject-Sequence"], "2");
  });

  it("does not send the beat any more that it was about to", () => {
    const { lane, settle, last, script, ledger, assertAddsUp } = createScene();
    settle(0);
    lane.beat(0, 0);
    lane.leave(0);
    lane.pump();
    lane.pump();
    assert.equal(script.published.length, 1);
    assert.equal(last().headers?.["KV-Operation"], "DEL");
    assert.equal(ledger.beats.unsent, 1);
    assertAddsUp();
  });

  it("goes without a marker when it does not know its last beat, when the marker is refused and when nobody is there", async () => {
    const { lane, settle, last, script, conditionOf, ledger, assertAddsUp } = createScene();
    settle(0, 1, 2);
    lane.beat(0, 0);
    lane.pump();
    last().refuse(503);
    lane.leave(0);
    assert.equal(conditionOf(0), "crashed");
    lane.leave(1);
    lane.pump();
    last().refuse(400);
    assert.equal(conditionOf(1), "crashed");
    script.become("disconnected");
    lane.drop();
    lane.leave(2);
    assert.equal(conditionOf(2), "crashed");
    assert.deepEqual([ledger.peels.left, ledger.peels.leftWithoutMarker], [0, 3]);
    assertAddsUp();
  });
});

describe("a peel that crashes", () => {
  it("sends nothing more, neither what waits nor what would be tried again", async () => {
    const { clock, lane, settle, last, script, ledger, assertAddsUp } = createScene();
    settle(0, 1);
    lane.beat(0, 0);
    lane.pump();
    last().refuse(503);
    lane.beat(1, 0);
    lane.crash(0);
    lane.crash(1);
    script.published.length = 0;
    await clock.advance(INTERVAL_MS);
    lane.pump();
    lane.beat(0, clock.monoMs());
    lane.pump();
    assert.deepEqual(script.published, []);
    assert.equal(ledger.peels.crashed, 2);
    assertAddsUp();
  });

  it("was last heard with the beat that was on its way", async () => {
    const { clock, lane, settle, last, records, conditionOf, script, assertAddsUp } = createScene();
    settle(0);
    await clock.advance(INTERVAL_MS);
    lane.beat(0, clock.monoMs());
    lane.pump();
    lane.crash(0);
    await clock.advance(7);
    last().store();
    assert.deepEqual([records.seq[0], records.heardMono[0], conditionOf(0)], [2, INTERVAL_MS + 7, "crashed"]);
    lane.pump();
    assert.equal(script.published.length, 1);
    assertAddsUp();
  });

  it("comes back in a new session that begins to count anew, and hears no answers to the old one", () => {
    const { lane, settle, last, records, sessions, script, ledger, assertAddsUp } = createScene();
    settle(0);
    lane.beat(0, 0);
    lane.pump();
    const old = last();
    lane.crash(0);
    lane.join(0, 0);
    lane.pump();
    assert.equal(beatOf(last()).session, sessions.textOf(0, 2));
    assert.equal(beatOf(last()).seq, 1);
    old.store();
    assert.deepEqual([records.seq[0], records.revision[0], records.inFlight[0]], [0, 0, 1]);
    script.published.at(-1)?.store();
    assert.deepEqual([records.seq[0], records.inFlight[0]], [1, 0]);
    assert.equal(ledger.peels.returned, 1);
    assertAddsUp();
  });
});

describe("a peel's facts", () => {
  it("are written once in each life, after its first beat, and again when they were refused", async () => {
    const { clock, lane, settle, script, last, ledger } = createScene({ factsOf: () => new Uint8Array([0x80]) });
    settle(0);
    lane.pump();
    assert.equal(last().subject, "$KV.facts.p-000001");
    last().refuse(503);
    await clock.advance(1_100);
    lane.pump();
    assert.equal(script.published.length, 2);
    last().store();
    lane.beat(0, clock.monoMs());
    lane.pump();
    last().store();
    lane.pump();
    assert.equal(script.published.length, 3);
    assert.deepEqual(ledger.facts, { stored: 1, failed: 1 });
  });
});
