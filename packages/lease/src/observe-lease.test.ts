import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LeaseEvent } from "./lease-event.ts";
import { begun, found, free, heardDelete, heardPut, refused, Told, unknown } from "./testing/told.ts";

test("there is never more than one operation, and no answer without one", () => {
  assert.throws(() => new Told().at(0, begun, begun), /one operation at a time/);
  assert.throws(() => new Told().at(0, free), /an answer has its operation/);
});

test("nothing but a good write moves a deadline, and no state asks for a second operation, whatever is told in whatever order", () => {
  const answers: LeaseEvent[] = [
    free,
    found(),
    found({ mine: true, revision: 90 }),
    { kind: "read-failed" },
    { kind: "acquired", revision: 20 },
    { kind: "renewed", revision: 80 },
    refused,
    unknown,
    { kind: "last-term", lastTerm: 7 },
    { kind: "last-term-failed" },
    { kind: "released" },
  ];
  const others: LeaseEvent[] = [
    heardPut,
    heardDelete,
    { kind: "step-down" },
    { kind: "work-started" },
    { kind: "work-ended" },
    { kind: "work-ending", reason: "deadline" },
    { kind: "work-ending", reason: "stepped-down" },
    { kind: "stop" },
  ];
  const step = fc.record({
    event: fc.oneof(fc.constantFrom(...answers), fc.constantFrom(...answers), fc.constantFrom(...others)),
    afterMs: fc.integer({ min: 0, max: 3_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const told = new Told();
      for (const { event, afterMs } of steps) {
        const isAnswer = answers.includes(event);
        if (isAnswer && !told.state.underWay) told.at(told.nowMono, begun);
        const before = told.state;
        told.at(told.nowMono + afterMs, event);
        const moved = before.hold && told.state.hold && told.state.hold.goodMono !== before.hold.goodMono;
        if (moved) {
          assert.equal(event.kind, "renewed");
          assert.equal(told.state.hold?.goodMono, before.underWay?.sinceMono);
        }
        const asked = ["read", "acquire", "choose-term", "renew", "release"].includes(told.decides().kind);
        assert.ok(!(asked && told.state.underWay));
      }
    }),
    { numRuns: 2_000 },
  );
});
