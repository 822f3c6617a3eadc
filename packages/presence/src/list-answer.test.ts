import assert from "node:assert/strict";
import { test } from "node:test";
import { isFleetError } from "@fleet/runtime";
import type { WrittenPeels } from "@fleet/wire";
import { ListAnswer } from "./list-answer.ts";

const HEAD = { asOf: 1, blindness: undefined, instance: "master-1" };
const pageOf = (rows: number): WrittenPeels => ({ rows, columns: {} });

/** Whether it is settled once all that is due has happened. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  const first = await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, pending))]);
  return first !== pending;
}

test("a page can be read as soon as it is made, and tells how long the list is once that is known", async () => {
  const answer = new ListAnswer();
  const [first, second] = [answer.page(0), answer.page(1)];
  assert.equal(await isSettled(first), false);
  answer.begin(HEAD);
  const page = pageOf(2);
  answer.add(page, 100);
  assert.deepEqual(await first, { ...HEAD, page: 0, pages: undefined, total: undefined, peels: page });
  assert.equal(await isSettled(second), false);
  answer.add(pageOf(1), 50);
  answer.end();
  const { pages, total, peels } = await second;
  assert.deepEqual([pages, total, peels.rows, answer.bytes, answer.isShort], [2, 3, 1, 150, false]);
  assert.equal((await answer.page(0)).pages, 2);
});

test("who asks for more pages than there are is told how many there are", async () => {
  const answer = new ListAnswer();
  answer.begin(HEAD);
  const beyond = answer.page(1);
  answer.add(pageOf(2), 100);
  answer.end();
  const { page, pages, total, peels } = await beyond;
  assert.deepEqual([page, pages, total, peels.rows, answer.isShort], [1, 1, 2, 0, true]);
  await assert.rejects(answer.page(1_000_000), (error) => isFleetError(error, "BAD_QUERY"));
});

test("whoever reads a list that cannot be made is told so", async () => {
  const answer = new ListAnswer();
  const first = answer.page(0);
  answer.fail(new Error("broken"));
  await assert.rejects(first, /broken/);
  await assert.rejects(answer.page(1), /broken/);
});
