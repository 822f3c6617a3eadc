import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { createAnswerShelf } from "./answer-shelf.ts";

function createShelf(maxSize = 100) {
  const clock = createFakeClock();
  return { clock, shelf: createAnswerShelf<string>({ clock, keepMs: 10_000, maxSize }) };
}

test("an answer is found by its name as long as it is asked for", async () => {
  const { clock, shelf } = createShelf();
  const name = shelf.keep("one", 10);
  const other = shelf.keep("two", 10);
  assert.notEqual(name, other);
  for (let turn = 0; turn < 3; turn += 1) {
    await clock.advance(6_000);
    assert.equal(shelf.find(name), "one");
  }
  assert.equal(shelf.find(other), undefined);
  assert.equal(shelf.find("never"), undefined);
});

test("an answer that nobody asks for is let go without anything happening", async () => {
  const { clock, shelf } = createShelf();
  const name = shelf.keep("one", 10);
  await clock.advance(20_000);
  assert.equal(clock.pendingTimers, 0);
  assert.equal(shelf.find(name), undefined);
});

test("nothing is left of a shelf that is cleared", () => {
  const { clock, shelf } = createShelf();
  const name = shelf.keep("one", 10);
  shelf.clear();
  assert.deepEqual([shelf.find(name), clock.pendingTimers], [undefined, 0]);
});

test("the oldest make room for a new one, which is kept however large it is", () => {
  const { shelf } = createShelf(100);
  const [one, two, three] = [shelf.keep("one", 40), shelf.keep("two", 40), shelf.keep("three", 40)];
  assert.deepEqual([one, two, three].map(shelf.find), [undefined, "two", "three"]);
  const huge = shelf.keep("huge", 1_000);
  assert.deepEqual([two, three, huge].map(shelf.find), [undefined, undefined, "huge"]);
  const small = shelf.keep("small", 1);
  assert.deepEqual([huge, small].map(shelf.find), [undefined, "small"]);
});
