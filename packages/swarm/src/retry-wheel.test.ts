import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { createRetryWheel } from "./retry-wheel.ts";

describe("the retry wheel", () => {
  it("gives each item once, not before its time and at most 20 ms after it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 100 }), { maxLength: 50 }),
        fc.array(fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 9_000 })), { maxLength: 50 }),
        (additions, steps) => {
          const wheel = createRetryWheel();
          const pending = new Map<number, number>();
          let nowMono = 0;
          additions.forEach((delayMs, item) => {
            const step = steps[item] ?? 100;
            wheel.add(nowMono + delayMs, item);
            pending.set(item, nowMono + delayMs);
            nowMono += step;
            wheel.take(nowMono, (taken) => {
              const dueMono = pending.get(taken);
              assert.ok(dueMono !== undefined && dueMono <= nowMono, `${taken}`);
              pending.delete(taken);
            });
            for (const dueMono of pending.values()) assert.ok(dueMono > nowMono - 20, `${dueMono} at ${nowMono}`);
          });
        },
      ),
    );
  });
});
