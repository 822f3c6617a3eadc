import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LeaseEvent } from "./lease-event.ts";
import {
  begun,
  config,
  found,
  free,
  heardDelete,
  heardPut,
  NEVER,
  refused,
  Told,
  unknown,
  working,
} from "./testing/told.ts";

describe("a new holder", () => {
  test("counts its deadline from when it began to acquire", () => {
    const told = new Told().at(0, begun, free, begun).at(1_400, { kind: "acquired", revision: 10 });
    assert.equal(told.hold.goodMono, 0);
    assert.deepEqual(told.decides(), { kind: "choose-term" });
  });

  test("chooses a term above its own revision, the last term, and every term that it met with", () => {
    const choose = (lastTerm: number, met: number) =>
      new Told()
        .at(0, begun, found({ term: met }))
        .at(15_000, begun, free, begun, { kind: "acquired", revision: 10 }, begun, { kind: "last-term", lastTerm }).hold
        .term;
    assert.equal(choose(0, 2), 10);
    assert.equal(choose(9, 2), 10);
    assert.equal(choose(10, 2), 11);
    assert.equal(choose(50, 70), 71);
  });

  test("tries again to find the last term, and gives the lease back when there is no time left", () => {
    const told = new Told().at(0, begun, free, begun, { kind: "acquired", revision: 10 });
    told.at(1, begun, { kind: "last-term-failed" });
    assert.equal(told.waitsUntil(), 226);
    assert.deepEqual(told.at(226).decides(), { kind: "choose-term" });
    told.at(12_000, { kind: "work-ending", reason: "no-term" });
    assert.deepEqual(told.decides(), { kind: "release", revision: 10 });
    told.at(12_000, begun, { kind: "released" }, begun, free);
    assert.equal(told.waitsUntil(), 12_000 + config.ttlMs);
  });
});

describe("a holder", () => {
  test("moves its deadline by a good renew, to be counted from the start of it", () => {
    const told = working().at(6_000, begun).at(7_400, { kind: "renewed", revision: 13 });
    assert.equal(told.hold.goodMono, 6_000);
    assert.equal(told.waitsUntil(), 9_000);
  });

  test("tries a renew of unknown outcome again, soon, with the same revision and the same deadline", () => {
    const told = working().at(6_000, begun).at(7_500, unknown);
    assert.equal(told.waitsUntil(), 7_725);
    assert.equal(told.hold.goodMono, 3_000);
    assert.deepEqual(told.at(7_725).decides(), { kind: "renew", expectedRevision: 12, timeoutMs: 1_500 });
  });

  test("reads the key after a refusal, and adopts the revision of its own record but not a new deadline", () => {
    const told = working().at(6_000, begun).at(7_500, unknown).at(7_725, begun).at(7_730, refused);
    assert.deepEqual(told.decides(), { kind: "read" });
    told.at(7_730, begun).at(7_735, found({ mine: true, revision: 13 }));
    assert.equal(told.hold.goodMono, 3_000);
    assert.deepEqual(told.decides(), { kind: "renew", expectedRevision: 13, timeoutMs: 1_500 });
  });

  test("waits a moment when it was refused although its last write is still the last one", () => {
    const told = working().at(6_000, begun, refused, begun, found({ mine: true, revision: 12 }));
    assert.equal(told.waitsUntil(), 6_225);
  });

  test("keeps its doubt, and its deadline, when the read fails", () => {
    const told = working().at(6_000, begun, refused, begun, { kind: "read-failed" });
    assert.equal(told.waitsUntil(), 6_225);
    assert.deepEqual(told.at(6_225).decides(), { kind: "read" });
  });

  test("has lost the lease when another's record is there, or none, or one that is older than what was acknowledged", () => {
    const looks = (event: LeaseEvent) => working().at(6_000, begun, refused, begun, event).decides();
    assert.deepEqual(looks(found()), { kind: "end-work", reason: "taken" });
    assert.deepEqual(looks({ kind: "read", found: { freeAt: 14, bucketRevision: 14 } }), {
      kind: "end-work",
      reason: "gone",
    });
    assert.deepEqual(looks(found({ mine: true, revision: 11 })), { kind: "end-work", reason: "gone" });
  });

  test("renews at once when it hears another write, but not more often than every 150 ms, and ignores itself", () => {
    assert.equal(working().at(4_000, heardPut).decides().kind, "renew");
    assert.equal(working().at(3_050, heardPut).waitsUntil(), 3_150);
    assert.equal(working().at(4_000, { kind: "heard", operation: "put", mine: true }).waitsUntil(), 6_000);
    const meanwhile = working().at(6_000, begun, heardDelete).at(6_010, { kind: "renewed", revision: 13 });
    assert.equal(meanwhile.waitsUntil(), 6_160);
  });

  test("that is lost contends again only when its work has ended, and looks then", () => {
    const told = working().at(15_000, { kind: "work-ending", reason: "deadline" });
    assert.equal(told.waitsUntil(), NEVER);
    told.at(20_000, { kind: "work-ended" });
    assert.deepEqual(told.decides(), { kind: "read" });
    assert.equal(told.state.hold, undefined);
  });

  test("takes the late answer to a renew, when its term has ended, for a hint to look", () => {
    const told = working()
      .at(14_500, begun)
      .at(15_000, { kind: "work-ending", reason: "deadline" }, { kind: "work-ended" });
    assert.equal(told.waitsUntil(), NEVER);
    told.at(15_500, { kind: "renewed", revision: 13 });
    assert.deepEqual(told.decides(), { kind: "read" });
  });
});

describe("a holder that leaves", () => {
  test("releases when its work has ended, by the revision that it then has", () => {
    const told = working().at(4_000, { kind: "stop" }, { kind: "work-ending", reason: "stopped" });
    assert.equal(told.waitsUntil(), 6_000);
    told.at(6_000, begun, { kind: "renewed", revision: 13 }).at(6_500, { kind: "work-ended" });
    assert.deepEqual(told.decides(), { kind: "release", revision: 13 });
    assert.deepEqual(told.at(6_501, begun, { kind: "released" }).decides(), { kind: "finish" });
  });

  test("looks once when the release is refused, releases its own record, and leaves another's", () => {
    const leaving = () =>
      working()
        .at(4_000, { kind: "stop" }, { kind: "work-ending", reason: "stopped" })
        .at(4_001, { kind: "work-ended" }, begun, refused);
    assert.deepEqual(leaving().decides(), { kind: "read" });
    const own = leaving().at(4_002, begun, found({ mine: true, revision: 13 }));
    assert.deepEqual(own.decides(), { kind: "release", revision: 13 });
    assert.deepEqual(leaving().at(4_002, begun, found()).decides(), { kind: "finish" });
    assert.deepEqual(leaving().at(4_002, begun, { kind: "read-failed" }).decides(), { kind: "finish" });
  });

  test("by stepping down is out for one TTL from when it was asked", () => {
    const told = working().at(4_000, { kind: "step-down" });
    assert.deepEqual(told.decides(), { kind: "end-work", reason: "stepped-down" });
    told.at(4_000, { kind: "work-ending", reason: "stepped-down" }).at(5_000, { kind: "work-ended" });
    told.at(5_000, begun, { kind: "released" }, begun, free);
    assert.equal(told.waitsUntil(), 4_000 + config.ttlMs);
    assert.equal(new Told().at(0, { kind: "step-down" }).state.outUntilMono, Number.NEGATIVE_INFINITY);
  });

  test("because it is not fit releases, and leaves the key to others for one TTL", () => {
    const told = working().as("unfit").at(4_000, { kind: "unfit" });
    assert.deepEqual(told.decides(), { kind: "end-work", reason: "unfit" });
    told.at(4_000, { kind: "work-ending", reason: "unfit" }).at(4_500, { kind: "work-ended" });
    assert.deepEqual(told.decides(), { kind: "release", revision: 12 });
    told.at(4_500, begun, { kind: "released" }, begun, free);
    assert.equal(told.waitsUntil(), 4_500 + 225);
    assert.equal(told.at(19_500, begun, free).decides().kind, "acquire");
    assert.equal(new Told().at(0, { kind: "unfit" }).state.hold, undefined);
  });

  test("because its work ended by itself releases at once and is out for one TTL", () => {
    const told = working().at(4_000, { kind: "work-ended" });
    assert.deepEqual(told.decides(), { kind: "release", revision: 12 });
    told.at(4_000, begun, { kind: "released" }, begun, free);
    assert.equal(told.waitsUntil(), 4_000 + config.ttlMs);
  });

  test("does not release what it finds lost while its work is ending", () => {
    const told = working()
      .at(4_000, { kind: "work-ending", reason: "stopped" })
      .at(6_000, begun, refused, begun, found());
    assert.equal(told.waitsUntil(), NEVER);
    assert.equal(told.at(7_000, { kind: "work-ended" }).state.hold, undefined);
    assert.deepEqual(told.decides(), { kind: "read" });
  });
});
