import assert from "node:assert/strict";
import { test } from "node:test";
import { createMasterId, createSessionId } from "./ids.ts";

test("a session id is 27 letters and digits", () => {
  assert.match(createSessionId(), /^[0-9A-Za-z]{27}$/);
});

test("a master id is a session id with its prefix", () => {
  assert.match(createMasterId(), /^master-[0-9A-Za-z]{27}$/);
});

test("ids do not repeat", () => {
  const ids = new Set(Array.from({ length: 10_000 }, () => createSessionId()));
  assert.equal(ids.size, 10_000);
});

test("ids sort by the second they were made in", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 0, 1) });
  const ids: string[] = [];
  for (let second = 0; second < 100; second += 1) {
    ids.push(createSessionId());
    context.mock.timers.tick(1_000);
  }
  assert.deepEqual([...ids].sort(), ids);
});
