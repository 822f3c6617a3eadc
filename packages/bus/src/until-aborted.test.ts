import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { untilAborted } from "./until-aborted.ts";

test("work that ends first gives its outcome and leaves no listener behind", async () => {
  const { signal } = new AbortController();
  const failure = new Error("broken");
  assert.equal(await untilAborted(Promise.resolve(42), signal), 42);
  await assert.rejects(untilAborted(Promise.reject(failure), signal), (error) => error === failure);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("an abort ends the wait at once, and what the work does later is dropped", async () => {
  const controller = new AbortController();
  let fail = (_error: Error) => {};
  const work = new Promise<number>((_resolve, reject) => {
    fail = reject;
  });
  const waiting = untilAborted(work, controller.signal);
  controller.abort();
  assert.equal(await waiting, undefined);
  assert.equal(await untilAborted(work, controller.signal), undefined);
  fail(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});
