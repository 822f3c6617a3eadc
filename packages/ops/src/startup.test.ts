import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeferred } from "@fleet/runtime";
import { createFakeClock } from "@fleet/runtime/testing";
import type { CheckResult, CheckStatus } from "./check.ts";
import { createReadiness } from "./readiness.ts";
import { watchStartup } from "./startup.ts";

function scene(statuses: Record<string, CheckStatus>) {
  const clock = createFakeClock();
  const checks = Object.keys(statuses).map((name) => ({ name, run: () => ({ status: statuses[name] ?? "down" }) }));
  return { clock, readiness: createReadiness({ component: "peel", version: "v1", clock, checks }) };
}

test("a process has started when no check is down for the first time, and stays so", async () => {
  const statuses: Record<string, CheckStatus> = { nats: "ok", kv: "down" };
  const { clock, readiness } = scene(statuses);
  const controller = new AbortController();
  const watch = watchStartup(readiness, clock, controller.signal);
  await clock.advance(5_000);
  assert.equal(readiness.phase, "starting");
  statuses["kv"] = "degraded";
  await clock.advance(1_000);
  await watch;
  assert.equal(readiness.phase, "started");
  assert.equal(clock.pendingTimers, 0);
  statuses["nats"] = "down";
  await readiness.report();
  assert.equal(readiness.phase, "started");
  readiness.drain();
  assert.equal(readiness.phase, "draining");
  assert.equal(readiness.hasStarted, true);
});

test("a report that leaves checks out does not start a process", async () => {
  const { readiness } = scene({ nats: "ok", kv: "down" });
  assert.equal((await readiness.report(new Set(["kv"]))).status, "ok");
  assert.equal(readiness.phase, "starting");
});

test("the watch ends when it is told to, also while a check hangs", async () => {
  const clock = createFakeClock();
  const hanging = { name: "kv", run: () => createDeferred<CheckResult>().promise };
  const readiness = createReadiness({ component: "peel", version: "v1", clock, checks: [hanging] });
  const controller = new AbortController();
  const watch = watchStartup(readiness, clock, controller.signal);
  controller.abort();
  await watch;
  assert.equal(readiness.phase, "starting");
});
