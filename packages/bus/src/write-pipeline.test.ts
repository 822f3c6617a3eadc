import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FleetError, isFleetError } from "@fleet/runtime";
import { createFakeClock, type FakeClock } from "@fleet/runtime/testing";
import { busErrors } from "./errors.ts";
import { createWritePipeline, type WritePipeline } from "./write-pipeline.ts";

const NOTHING = new Uint8Array();
const WINDOW = 4;
const TIMEOUT_MS = 5_000;

/** A pipeline onto a stream that holds ten messages, with what it sent as `key@revision` and how each write ended. */
class Rig {
  readonly clock: FakeClock = createFakeClock();
  readonly sent: string[] = [];
  readonly outcomes: Record<string, string> = {};
  sendFailure: Error | undefined;
  ends = 0;
  readonly pipeline: WritePipeline = createWritePipeline({
    clock: this.clock,
    lastRevision: 10,
    window: WINDOW,
    timeoutMs: TIMEOUT_MS,
    label: (key) => `roster.${key}`,
    send: ({ key }, revision) => {
      if (this.sendFailure) throw this.sendFailure;
      this.sent.push(`${key}@${revision}`);
    },
    onEnd: () => {
      this.ends += 1;
    },
  });

  write(...names: string[]): void {
    for (const name of names) {
      const [key = ""] = name.split("#");
      this.pipeline.write({ key, value: NOTHING, headers: {} }).then(
        (revision) => {
          this.outcomes[name] = `stored at ${revision}`;
        },
        (error: FleetError) => {
          this.outcomes[name] = `${error.code} ${error.message}`;
        },
      );
    }
  }

  answer(...revisions: number[]): void {
    for (const revision of revisions) this.pipeline.receive(revision, revision);
  }

  refuse(revision: number, found: number): void {
    this.pipeline.receive(revision, busErrors.create("REVISION_CONFLICT", `KV_roster: wrong last sequence: ${found}`));
  }

  /** How each write has ended by now. */
  async now(): Promise<Record<string, string>> {
    await this.clock.advance(0);
    return this.outcomes;
  }
}

/** The same without the messages of errors. */
function codes(outcomes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(outcomes).map(([name, text]) => [name, text.replace(/^([A-Z_]+) .*/, "$1")]),
  );
}

describe("a write pipeline", () => {
  it("sends as many writes as its window holds, each for the place after the one before it, and the rest as room comes", async () => {
    const rig = new Rig();
    rig.write("a", "b", "c", "d", "e", "f");
    assert.deepEqual(rig.sent, ["a@11", "b@12", "c@13", "d@14"]);
    rig.answer(11);
    assert.deepEqual(rig.sent.slice(WINDOW), ["e@15"]);
    assert.deepEqual(await rig.now(), { a: "stored at 11" });
    assert.equal(rig.pipeline.lastRevision, 11);
    rig.answer(12, 13);
    assert.deepEqual(rig.sent.slice(WINDOW), ["e@15", "f@16"]);
  });

  it("has one write to a key on its way at a time, in the order of the calls, and goes on with other keys meanwhile", async () => {
    const rig = new Rig();
    rig.write("a#1", "a#2", "a#3", "b", "c");
    assert.deepEqual(rig.sent, ["a@11", "b@12", "c@13"]);
    rig.answer(11);
    assert.deepEqual(rig.sent.slice(3), ["a@14"]);
    rig.answer(12, 13, 14);
    rig.write("a#4");
    assert.deepEqual(rig.sent.slice(4), ["a@15"]);
    rig.answer(15, 16);
    assert.deepEqual(await rig.now(), {
      "a#1": "stored at 11",
      b: "stored at 12",
      c: "stored at 13",
      "a#2": "stored at 14",
      "a#3": "stored at 15",
      "a#4": "stored at 16",
    });
  });

  it("takes an answer as proof that everything sent before it is stored", async () => {
    const rig = new Rig();
    rig.write("a", "b", "c", "d");
    rig.answer(13);
    assert.deepEqual(await rig.now(), { a: "stored at 11", b: "stored at 12", c: "stored at 13" });
    rig.answer(11);
    assert.equal(rig.pipeline.lastRevision, 13);
  });

  it("says of each write what the broker said of it once something else has taken the place of one", async () => {
    const rig = new Rig();
    rig.write("a", "b", "c", "d", "e", "b#2");
    rig.answer(11);
    rig.refuse(12, 12);
    // Something else is at 12: the next one finds the sequence that it expects. The one after it was delayed.
    rig.answer(13);
    rig.refuse(15, 15);
    rig.write("late");
    assert.deepEqual(await rig.now(), {
      a: "stored at 11",
      b: "FENCED roster.b: refused: another writer has taken over, or something else was written there: the bucket is at 12, not at 11",
      "b#2": `FENCED roster.b: not sent; this writer has ended: ${rig.pipeline.failure?.message}`,
      c: "stored at 13",
      e: `FENCED roster.e: refused; this writer has ended: ${rig.pipeline.failure?.message}`,
      late: `FENCED roster.late: not sent; this writer has ended: ${rig.pipeline.failure?.message}`,
    });
    assert.match(rig.pipeline.failure?.message ?? "", /^roster\.b: refused: /);
    assert.equal(rig.pipeline.state, "failed");
    assert.equal(rig.pipeline.lastRevision, 13);
    assert.equal(rig.ends, 0);
    rig.answer(14);
    assert.equal((await rig.now())["d"], "stored at 14");
    assert.equal(rig.ends, 1);
    assert.equal(rig.clock.pendingTimers, 0);
  });

  it("takes no answer as proof of another once it has failed", async () => {
    const rig = new Rig();
    rig.write("a", "b", "c");
    rig.refuse(12, 12);
    rig.answer(13);
    assert.deepEqual(codes(await rig.now()), { b: "FENCED", c: "stored at 13" });
    await rig.clock.advance(TIMEOUT_MS);
    assert.equal(codes(await rig.now())["a"], "TIMEOUT");
  });

  it("does not know the outcome of what has no answer in time, and sends nothing more", async () => {
    const rig = new Rig();
    rig.write("a");
    await rig.clock.advance(1_000);
    rig.write("b", "b#2");
    await rig.clock.advance(TIMEOUT_MS - 1_001);
    assert.deepEqual(rig.outcomes, {});
    await rig.clock.advance(1);
    assert.deepEqual(codes(rig.outcomes), { a: "TIMEOUT", "b#2": "FENCED" });
    assert.match(rig.outcomes["a"] ?? "", /roster\.a: no answer in time/);
    assert.equal(rig.ends, 0);
    await rig.clock.advance(1_000);
    assert.deepEqual(codes(rig.outcomes), { a: "TIMEOUT", "b#2": "FENCED", b: "TIMEOUT" });
    assert.deepEqual(rig.sent, ["a@11", "b@12"]);
    assert.deepEqual([rig.ends, rig.clock.pendingTimers], [1, 0]);
  });

  it("keeps the time of what was sent last, however much was answered before it", async () => {
    const rig = new Rig();
    for (let turn = 0; turn < 20; turn += 1) {
      rig.write(`key-${turn}`);
      await rig.clock.advance(1_000);
      rig.answer(11 + turn);
    }
    rig.write("last");
    await rig.clock.advance(TIMEOUT_MS - 1);
    assert.equal(rig.pipeline.state, "open");
    await rig.clock.advance(1);
    assert.equal(codes(rig.outcomes)["last"], "TIMEOUT");
  });

  it("does not know the outcome of what was sent when the connection is lost, and refuses what was not", async () => {
    const rig = new Rig();
    rig.write("a", "b", "c", "d", "e", "a#2");
    rig.pipeline.lose(busErrors.create("NOT_CONNECTED", "the connection was lost"));
    const [lost, refused] = ["NOT_CONNECTED", "FENCED"];
    assert.deepEqual(codes(await rig.now()), { a: lost, b: lost, c: lost, d: lost, e: refused, "a#2": refused });
    assert.equal(rig.outcomes["c"], "NOT_CONNECTED roster.c: the connection was lost");
    assert.deepEqual([rig.ends, rig.clock.pendingTimers], [1, 0]);
  });

  it("outlives a lost connection while nothing is on its way", async () => {
    const rig = new Rig();
    rig.write("a");
    rig.answer(11);
    rig.pipeline.lose(busErrors.create("NOT_CONNECTED", "the connection was lost"));
    rig.write("b");
    rig.answer(12);
    assert.deepEqual(await rig.now(), { a: "stored at 11", b: "stored at 12" });
  });

  it("ends with a write that cannot be sent", async () => {
    const rig = new Rig();
    rig.write("a", "a#2");
    rig.sendFailure = busErrors.create("NOT_CONNECTED", "roster.b: not connected");
    rig.write("b", "c");
    assert.deepEqual(codes(await rig.now()), { b: "NOT_CONNECTED", "a#2": "FENCED", c: "FENCED" });
    rig.answer(11);
    assert.equal((await rig.now())["a"], "stored at 11");
    assert.equal(rig.ends, 1);
  });

  it("passes on other refusals as they are, and an answer from another place as a broken promise of the broker", async () => {
    const rig = new Rig();
    rig.write("a", "b");
    rig.pipeline.receive(11, busErrors.create("BROKER_ERROR", "KV_roster: maximum bytes exceeded (10077)"));
    rig.refuse(12, 10);
    assert.deepEqual(await rig.now(), {
      a: "BROKER_ERROR roster.a: KV_roster: maximum bytes exceeded (10077)",
      b: "FENCED roster.b: refused; this writer has ended: roster.a: KV_roster: maximum bytes exceeded (10077)",
    });
    const other = new Rig();
    other.write("a");
    other.pipeline.receive(11, 99);
    assert.deepEqual(await other.now(), { a: "BROKER_ERROR roster.a: stored at 99, where 11 was to come" });
  });

  it("is ready while fewer writes wait than the window holds, and once no more will be sent", async () => {
    const rig = new Rig();
    const isReady = async () => {
      let ready = false;
      void rig.pipeline.ready().then(() => {
        ready = true;
      });
      await rig.clock.advance(0);
      return ready;
    };
    rig.write("a", "b", "c", "d", "e", "f", "g");
    assert.equal(await isReady(), true);
    rig.write("h");
    assert.equal(await isReady(), false);
    const room = rig.pipeline.ready();
    rig.answer(11);
    await room;
    rig.write("i");
    const end = rig.pipeline.ready();
    rig.refuse(12, 12);
    await end;
  });

  it("drains when every write has its outcome, and takes none after that", async () => {
    const rig = new Rig();
    rig.write("a", "a#2");
    let drained = false;
    const drain = rig.pipeline.drain().then(() => {
      drained = true;
    });
    assert.equal(rig.pipeline.state, "closed");
    rig.write("late");
    rig.answer(11);
    await rig.clock.advance(0);
    assert.equal(drained, false);
    rig.answer(12);
    await drain;
    assert.deepEqual(rig.outcomes, {
      late: "FENCED roster.late: not sent; this writer is closed",
      a: "stored at 11",
      "a#2": "stored at 12",
    });
    assert.equal(rig.pipeline.failure, undefined);
    await rig.pipeline.drain();
    assert.deepEqual([rig.ends, rig.clock.pendingTimers], [1, 0]);
  });

  it("sends nothing more when told to end, and still takes the answers to what it has sent", async () => {
    const rig = new Rig();
    rig.write("a", "b", "b#2");
    const reason = busErrors.create("FENCED", "the lease is lost");
    rig.pipeline.fail(reason);
    rig.answer(11, 12);
    assert.deepEqual(codes(await rig.now()), { a: "stored at 11", b: "stored at 12", "b#2": "FENCED" });
    assert.equal(rig.pipeline.failure, reason);
    assert.ok(isFleetError(rig.pipeline.failure, "FENCED") && rig.pipeline.failure instanceof FleetError);
    assert.equal(rig.ends, 1);
    await rig.pipeline.drain();
  });
});
