import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckStatus } from "./check.ts";
import { checkHealths, type HealthStatus, healthHttpStatus, healthStatus, type Phase } from "./health.ts";

const reportOf = (status: CheckStatus) => ({ status, checks: { nats: { status } }, version: "v1", uptime: "0s" });

test("health is what the checks say, and out of service before the start and after the end", () => {
  const table: [status: CheckStatus, phase: Phase, health: HealthStatus, http: 200 | 503][] = [
    ["ok", "started", "UP", 200],
    ["degraded", "started", "UP", 200],
    ["down", "started", "DOWN", 503],
    ["down", "starting", "OUT_OF_SERVICE", 503],
    ["ok", "draining", "OUT_OF_SERVICE", 503],
    ["down", "draining", "OUT_OF_SERVICE", 503],
  ];
  for (const [status, phase, health, http] of table) {
    assert.equal(healthStatus(reportOf(status), phase), health, `${status} ${phase}`);
    assert.equal(healthHttpStatus(health), http, health);
  }
});

test("health is unknown where nothing is checked, which is no reason for alarm", () => {
  assert.equal(healthStatus({ ...reportOf("ok"), checks: {} }, "started"), "UNKNOWN");
  assert.equal(healthHttpStatus("UNKNOWN"), 200);
});

test("each check has its health, with what readiness says of it", () => {
  assert.deepEqual(checkHealths("peel", { kv: { status: "degraded", message: "slow", latency_ms: 3 } }), {
    kv: { name: "peel", status: "UP", details: { status: "degraded", message: "slow", latency_ms: 3 } },
  });
});
