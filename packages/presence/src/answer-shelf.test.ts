import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { createAnswerShelf } from "./answer-shelf.ts";

interface Answer {
  bytes: number;
}

function createShelf(maxBytes = 100) {
  const clock = createFakeClock();
  return { clock, shelf: createAnswerShelf<Answer>({ clock, keepMs: 10_000, maxBytes }) };
}

test("an answer is found by its name as long as it is asked for", async () => {
  const { clock, shelf } = createShelf();
  const one = { bytes: 10 };
  const name = shelf.keep(one);
  const other = shelf.keep({ bytes: 10 });
  assert.notEqual(name, other);
  for (let turn = 0; turn < 3; turn += 1) {
    await clock.advance(6_000);
    assert.equal(shelf.find(name), one);
  }
  assert.equal(shelf.find(other), undefined);
  assert.equal(shelf.find("never"), undefined);
});

test("an answer that nobody asks for is let go without anything happening", async () => {
  const { clock, shelf } = createShelf();
  const name = shelf.keep({ bytes: 10 });
  await clock.advance(20_000);
  assert.equal(clock.pendingTimers, 0);
  assert.equal(shelf.find(name), undefined);
});

test("nothing is left of a shelf that is cleared", () => {
  const { clock, shelf } = createShelf();
  const name = shelf.keep({ bytes: 10 });
  shelf.clear();
  assert.deepEqual([shelf.find(name), clock.pendingTimers], [undefined, 0]);
});

test("the oldest make room for a new one, which is kept however large it is", () => {
  const { shelf } = createShelf(100);
  const answers = [40, 40, 40].map((bytes): Answer => ({ bytes }));
  const [one = "", two = "", three = ""] = answers.map(shelf.keep);
  assert.deepEqual([one, two, three].map(shelf.find), [undefined, answers[1], answers[2]]);
  const large = { bytes: 1_000 };
  const huge = shelf.keep(large);
  assert.deepEqual([two, three, huge].map(shelf.find), [undefined, undefined, large]);
  const little = { bytes: 1 };
  const small = shelf.keep(little);
  assert.deepEqual([huge, small].map(shelf.find), [undefined, little]);
});

test("the oldest make room for one that grows", () => {
  const { shelf } = createShelf(100);
  const growing = { bytes: 20 };
  const [one, two, name] = [{ bytes: 40 }, { bytes: 40 }, growing].map(shelf.keep);
  growing.bytes = 50;
  shelf.fit();
  assert.deepEqual(
    [one, two, name].map((each = "") => shelf.find(each)?.bytes),
    [undefined, 40, 50],
  );
});
