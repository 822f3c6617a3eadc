import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeferred } from "@fleet/runtime";
import { createFakeClock, type FakeClock } from "@fleet/runtime/testing";
import type { Check, CheckResult } from "./check.ts";
import { createReadiness, type Readiness } from "./readiness.ts";

function readinessOf(checks: readonly Check[], clock: FakeClock = createFakeClock()): Readiness {
  return createReadiness({ component: "peel", version: "v0.5.0", clock, checks });
}

const named = (name: string, result: CheckResult): Check => ({ name, run: () => result });

/** A check whose outcome the test gives, and which counts its runs. */
function heldCheck(name: string) {
  const held = { name, runs: 0, outcome: createDeferred<CheckResult>(), run: () => Promise.resolve(OK) };
  held.run = () => {
    held.runs += 1;
    return held.outcome.promise;
  };
  return held;
}

const OK: CheckResult = { status: "ok" };

test("a report has the seed's shape, key by key and in its order", async () => {
  const clock = createFakeClock();
  const slow: Check = {
    name: "kv",
    async run() {
      await clock.advance(3);
      return OK;
    },
  };
  const readiness = readinessOf([named("nats", OK), slow], clock);
  await clock.advance((2 * 3_600 + 3 * 60) * 1_000 - 3);
  assert.equal(
    JSON.stringify(await readiness.report()),
    '{"status":"ok","checks":{"nats":{"status":"ok"},"kv":{"status":"ok","latency_ms":3}},"version":"v0.5.0","uptime":"2h3m0s"}',
  );
});

test("a process without checks is ready", async () => {
  assert.equal((await readinessOf([]).report()).status, "ok");
});

test("the overall status is the worst of the checks", async () => {
  const degraded = named("gitfs", { status: "degraded", message: "no successful sync yet" });
  assert.equal((await readinessOf([named("nats", OK), degraded]).report()).status, "degraded");
  const down = named("kv", { status: "down" });
  assert.equal((await readinessOf([down, degraded, named("nats", OK)]).report()).status, "down");
});

test("checks run side by side, and two that hang cost the reply 2 s, not 4", async () => {
  const clock = createFakeClock();
  const readiness = readinessOf([heldCheck("nats"), heldCheck("kv"), named("reactor", OK)], clock);
  const report = readiness.report();
  await clock.advance(2_000);
  assert.deepEqual((await report).checks, {
    nats: { status: "down", message: "timed out after 2s", latency_ms: 2_000 },
    kv: { status: "down", message: "timed out after 2s", latency_ms: 2_000 },
    reactor: { status: "ok" },
  });
  assert.equal(clock.monoMs(), 2_000);
});

test("callers at the same time share one run, the next caller gets a new one", async () => {
  const held = heldCheck("kv");
  let quickRuns = 0;
  const quick: Check = {
    name: "nats",
    run() {
      quickRuns += 1;
      return OK;
    },
  };
  const readiness = readinessOf([quick, held]);
  const first = readiness.report();
  const second = readiness.report();
  const one = readiness.reportCheck("kv");
  held.outcome.resolve(OK);
  await Promise.all([first, second, one]);
  assert.equal(held.runs, 1);
  assert.equal(quickRuns, 1);
  await readiness.report();
  assert.equal(held.runs, 2);
  assert.equal(quickRuns, 2);
});

test("one check is run alone by its name", async () => {
  const other = heldCheck("kv");
  const readiness = readinessOf([named("nats", { status: "degraded", message: "reconnecting" }), other]);
  assert.deepEqual(await readiness.reportCheck("nats"), { status: "degraded", message: "reconnecting" });
  assert.equal(other.runs, 0);
  assert.equal(readiness.reportCheck("gitfs"), undefined);
  assert.deepEqual(readiness.checkNames, ["nats", "kv"]);
});

test("once draining, every report is down, also one that was under way", async () => {
  const held = heldCheck("kv");
  const readiness = readinessOf([held]);
  const underWay = readiness.report();
  readiness.drain();
  held.outcome.resolve(OK);
  const expected = { kv: { status: "ok" }, draining: { status: "down", message: "shutting down" } };
  for (const report of [await underWay, await readiness.report()]) {
    assert.equal(report.status, "down");
    assert.deepEqual(report.checks, expected);
  }
});

test("a check name that is taken, reserved or not kebab-case is refused at once", () => {
  for (const names of [["kv", "kv"], ["draining"], ["Sched Consumer"], ["__proto__"], [""]]) {
    assert.throws(
      () => readinessOf(names.map((name) => named(name, OK))),
      /invariant violated: check name/,
      `${names}`,
    );
  }
});
