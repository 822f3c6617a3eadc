import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { createDeadlineQueue, type Queued } from "./deadline-queue.ts";

const itemOf = (name: string): Queued & { name: string } => ({ name, queuedMono: Number.POSITIVE_INFINITY });
/** An item comes up so much late at most. */
const EXACT_MS = 20;

describe("a queue of deadlines", () => {
  it("brings each item up once, at its time and 20 ms later at most", () => {
    const queue = createDeadlineQueue<ReturnType<typeof itemOf>>(1_000);
    const item = itemOf("a");
    queue.put(item, 1_505);
    const came: number[] = [];
    for (let nowMono = 1_000; nowMono < 3_000; nowMono += 1) queue.advance(nowMono, () => came.push(nowMono));
    assert.deepEqual(came, [1_520]);
    assert.equal(queue.nextMono(), Number.POSITIVE_INFINITY);
  });

  it("says when the next one comes up, and is asked for nothing that never does", () => {
    const queue = createDeadlineQueue<Queued>(0);
    queue.put(itemOf("never"), Number.POSITIVE_INFINITY);
    assert.equal(queue.nextMono(), Number.POSITIVE_INFINITY);
    queue.put(itemOf("later"), 900);
    queue.put(itemOf("sooner"), 300);
    assert.equal(queue.nextMono(), 300);
  });

  it("brings up at once what is due already, also when it is put while others come up", () => {
    const queue = createDeadlineQueue<ReturnType<typeof itemOf>>(0);
    const came: string[] = [];
    const second = itemOf("second");
    queue.put(itemOf("first"), -5_000);
    queue.advance(40, ({ name }) => {
      came.push(name);
      if (name === "first") queue.put(second, 10);
    });
    assert.deepEqual(came, ["first", "second"]);
  });

  it("brings everything up after a pause of any length", () => {
    const queue = createDeadlineQueue<ReturnType<typeof itemOf>>(0);
    for (let index = 0; index < 100; index += 1) queue.put(itemOf(`${index}`), index * 1_000);
    const came = new Set<string>();
    queue.advance(86_400_000, ({ name }) => came.add(name));
    assert.equal(came.size, 100);
    assert.equal(queue.nextMono(), Number.POSITIVE_INFINITY);
  });

  it("keeps one place for an item that is put for the same time again and again", () => {
    const queue = createDeadlineQueue<Queued>(0);
    const item = itemOf("a");
    for (let turn = 0; turn < 1_000; turn += 1) queue.put(item, 1_005);
    let visits = 0;
    queue.advance(2_000, () => {
      visits += 1;
    });
    assert.equal(visits, 1);
  });

  it("is never late by more than that and never forgets, whatever is put, put again and put off", () => {
    const step = fc.record({
      item: fc.nat({ max: 5 }),
      delayMs: fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 500 })),
      passMs: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 300_000 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let nowMono = 7;
        const queue = createDeadlineQueue<Queued & { dueMono: number }>(nowMono);
        const items = Array.from({ length: 6 }, () => ({
          queuedMono: Number.POSITIVE_INFINITY,
          dueMono: Number.POSITIVE_INFINITY,
        }));
        const advance = () => {
          queue.advance(nowMono, (item) => {
            if (nowMono < item.dueMono) queue.put(item, item.dueMono);
            else item.dueMono = Number.POSITIVE_INFINITY;
          });
          for (const { dueMono } of items) assert.ok(nowMono < dueMono + EXACT_MS, "forgotten, or late");
        };
        for (const { item: index, delayMs, passMs } of steps) {
          const item = items[index];
          assert.ok(item);
          item.dueMono = nowMono + delayMs;
          queue.put(item, item.dueMono);
          nowMono += passMs;
          advance();
        }
        nowMono += 300_000;
        for (let turn = 0; turn < 4; turn += 1) advance();
        for (const { dueMono } of items) assert.equal(dueMono, Number.POSITIVE_INFINITY);
      }),
    );
  });
});
