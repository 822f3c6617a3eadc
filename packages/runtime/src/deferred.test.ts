import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeferred } from "./deferred.ts";

test("a deferred settles from outside, once", async () => {
  const deferred = createDeferred<number>();
  deferred.resolve(1);
  deferred.resolve(2);
  deferred.reject(new Error("too late"));
  assert.equal(await deferred.promise, 1);
});

test("an early rejection reaches those who wait later and is not reported as unhandled", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  const deferred = createDeferred();
  deferred.reject(new Error("early"));
  await new Promise<void>((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
  await assert.rejects(deferred.promise, { message: "early" });
});
