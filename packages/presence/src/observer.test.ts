import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { blindness, Observer, type ObserverState } from "./observer.ts";

const TTL_MS = 30_000;
const AT = 100_000;

const seeing: ObserverState = {
  connectedMono: 0,
  disturbance: undefined,
  answeredMono: undefined,
  synced: true,
  stalledMono: undefined,
  massMono: undefined,
  unansweredMono: undefined,
  unheard: 0,
};
const disturbance = { cause: "reconnect", what: "connected again", sinceMono: AT } as const;

/** `lastsMs`: how long after the cause it blinds, if nothing else happens. */
const table: [what: string, changes: Partial<ObserverState>, lastsMs: number, why: RegExp][] = [
  ["nothing is wrong", {}, 0, /^$/],
  ["there is no connection", { connectedMono: undefined }, Number.POSITIVE_INFINITY, /not connected/],
  ["the process was stopped", { stalledMono: AT }, 2 * TTL_MS, /stopped for a while/],
  ["very many seem lost", { massMono: AT }, 2 * TTL_MS, /very many/],
  ["the broker does not answer", { unansweredMono: AT }, 2 * TTL_MS, /does not answer/],
  ["the bucket is not read since a disturbance", { disturbance, synced: false }, 2 * TTL_MS, /again; .* being read/],
  ["peels are not heard since, and nobody answers", { disturbance, unheard: 3 }, 2 * TTL_MS, /again; 3 peel/],
  ["peels are not heard since", { disturbance, unheard: 3, answeredMono: AT + 5_000 }, TTL_MS + 5_000, /3 peel/],
  ["the answer came too late", { disturbance, unheard: 3, answeredMono: AT + 1.5 * TTL_MS }, 2 * TTL_MS, /3 peel/],
  ["all were heard since", { disturbance, unheard: 0 }, 0, /^$/],
  [
    "all were heard and the bucket is not read",
    { disturbance, unheard: 0, synced: false, answeredMono: AT },
    2 * TTL_MS,
    /being read/,
  ],
];

describe("an observer", () => {
  for (const [what, changes, lastsMs, why] of table) {
    it(`is blind for ${lastsMs} ms where ${what}`, () => {
      const at = (agoMs: number) => blindness({ ...seeing, ...changes }, AT + agoMs, TTL_MS);
      if (lastsMs > 0) {
        assert.match(at(0) ?? "", why);
        assert.match(at(Math.min(lastsMs, 1e9) - 1) ?? "", why);
      }
      if (lastsMs < Number.POSITIVE_INFINITY) assert.equal(at(lastsMs), undefined);
    });
  }

  it("says each change after it has taken effect", () => {
    const clock = createFakeClock();
    const seen: boolean[] = [];
    const observer = new Observer(clock, () => seen.push(observer.state.connectedMono !== undefined));
    observer.connected();
    observer.disconnected();
    assert.deepEqual(seen, [true, false]);
  });

  it("forgets what it doubted, was told and missed when it is disturbed", async () => {
    const clock = createFakeClock();
    const observer = new Observer(clock, () => {});
    observer.connected();
    observer.answered();
    observer.doubt();
    observer.unanswered();
    await clock.advance(10);
    observer.disturb("gap", "a gap", 4);
    assert.deepEqual(observer.state, {
      connectedMono: 0,
      disturbance: { cause: "gap", what: "a gap", sinceMono: 10 },
      answeredMono: undefined,
      synced: false,
      stalledMono: undefined,
      massMono: undefined,
      unansweredMono: undefined,
      unheard: 4,
    });
    assert.deepEqual([observer.unsynced?.cause, observer.sinceMono], ["gap", 10]);
    observer.synced();
    assert.equal(observer.unsynced, undefined);
  });

  it("counts from the first answer, and from the first that failed", async () => {
    const clock = createFakeClock();
    const observer = new Observer(clock, () => {});
    await clock.advance(10);
    observer.answered();
    observer.unanswered();
    await clock.advance(10);
    observer.unanswered();
    assert.deepEqual([observer.state.answeredMono, observer.state.unansweredMono], [10, 10]);
    observer.answered();
    assert.deepEqual([observer.state.answeredMono, observer.state.unansweredMono], [10, undefined]);
  });

  it("never misses fewer than none", () => {
    const observer = new Observer(createFakeClock(), () => {});
    observer.disturb("gap", "a gap", 1);
    observer.miss();
    for (let turn = 0; turn < 3; turn += 1) observer.find();
    assert.equal(observer.state.unheard, 0);
  });
});
