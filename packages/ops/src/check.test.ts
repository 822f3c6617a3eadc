import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, runtimeErrors } from "@fleet/runtime";
import { createFakeClock } from "@fleet/runtime/testing";
import { type Check, type CheckStatus, createCheckRun, worstStatus } from "./check.ts";

const runCheck = (check: Check, clock: Clock) => createCheckRun(check, clock)();
const check = (run: Check["run"]): Check => ({ name: "kv", run });
const never = () => new Promise<never>(() => {});

test("the worst status wins, and no status at all is ok", () => {
  const table: [CheckStatus[], CheckStatus][] = [
    [[], "ok"],
    [["ok", "ok"], "ok"],
    [["ok", "degraded", "ok"], "degraded"],
    [["degraded", "down", "ok"], "down"],
    [["down", "degraded"], "down"],
  ];
  for (const [statuses, worst] of table) assert.equal(worstStatus(statuses), worst, statuses.join());
});

test("a report leaves out a latency of 0 and an empty message", async () => {
  const clock = createFakeClock();
  assert.deepEqual(
    await runCheck(
      check(() => ({ status: "ok", message: "" })),
      clock,
    ),
    { status: "ok" },
  );
});

test("a report tells its latency in whole milliseconds, rounded down", async () => {
  const clock = createFakeClock();
  const slow = check(async () => {
    await clock.advance(12.9);
    return { status: "degraded", message: "stale" };
  });
  assert.deepEqual(await runCheck(slow, clock), { status: "degraded", message: "stale", latency_ms: 12 });
});

test("a check that throws or rejects is down with its message", async () => {
  const clock = createFakeClock();
  const throwing = check(() => {
    throw new Error("not connected yet");
  });
  const rejecting = check(() => Promise.reject("bucket not found"));
  assert.deepEqual(await runCheck(throwing, clock), { status: "down", message: "not connected yet" });
  assert.deepEqual(await runCheck(rejecting, clock), { status: "down", message: "bucket not found" });
  assert.equal(clock.pendingTimers, 0);
});

test("a check that ignores its signal is down after 2 s and its late outcome is dropped", async () => {
  const clock = createFakeClock();
  let signal: AbortSignal | undefined;
  let settled = false;
  const report = runCheck(
    check((given) => {
      signal = given;
      return never();
    }),
    clock,
  ).finally(() => {
    settled = true;
  });

  await clock.advance(1_999);
  assert.equal(settled, false);
  assert.equal(signal?.aborted, false);
  await clock.advance(1);
  assert.equal(settled, true);
  assert.equal(signal?.aborted, true);
  assert.deepEqual(await report, { status: "down", message: "timed out after 2s", latency_ms: 2_000 });
});

test("a check's own shorter deadline keeps its own words", async () => {
  const clock = createFakeClock();
  const inner = check(() => Promise.reject(runtimeErrors.create("DEADLINE_EXCEEDED", "bucket info: no result")));
  assert.deepEqual(await runCheck(inner, clock), { status: "down", message: "bucket info: no result" });
});

test("runs have one signal until it aborts, so that a probe a second leaves nothing behind", async () => {
  const clock = createFakeClock();
  const signals: AbortSignal[] = [];
  let hangs = false;
  const run = createCheckRun(
    check((signal) => {
      signals.push(signal);
      return hangs ? never() : { status: "ok" };
    }),
    clock,
  );
  await run();
  await run();
  hangs = true;
  const hanging = run();
  await clock.advance(2_000);
  await hanging;
  hangs = false;
  assert.deepEqual(await run(), { status: "ok" });
  const [first, second, third, fourth] = signals;
  assert.ok(first === second && second === third && third?.aborted);
  assert.equal(fourth?.aborted, false);
  assert.equal(clock.pendingTimers, 0);
});
