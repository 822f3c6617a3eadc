import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "@fleet/ops";
import { createConnectionTwin } from "@fleet/presence/testing";
import { createFakeClock } from "@fleet/runtime/testing";
import { registerPeelMetrics } from "./peel-metrics.ts";

function createSubject(prefix = "fleet") {
  const clock = createFakeClock();
  const connection = createConnectionTwin("connecting");
  const metrics = createMetrics({ prefix, component: "peel", version: "1.2.3" });
  const heartbeat: { lastSuccessAt: number | undefined } = { lastSuccessAt: undefined };
  const peelMetrics = registerPeelMetrics({ metrics, connection, heartbeat: () => heartbeat, clock });
  const body = async () => (await metrics.render()).body;
  /** The samples of one metric, without its prefix. */
  const samples = async (name: string) =>
    (await body())
      .split("\n")
      .filter((line) => line.startsWith(`${prefix}_${name}`))
      .map((line) => line.slice(prefix.length + 1));
  return { clock, connection, heartbeat, peelMetrics, body, samples };
}

test("a peel's metrics have the names that dashboards know, under any prefix", async () => {
  for (const prefix of ["fleet", "zester"]) {
    const { body } = createSubject(prefix);
    const own = Array.from((await body()).matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, type]) => `${name} ${type}`)
      .filter((text) => text.startsWith(prefix))
      .sort();
    assert.deepEqual(
      own,
      [
        "build_info gauge",
        "metrics_read_errors_total counter",
        "nats_disconnects_total counter",
        "nats_reconnects_total counter",
        "nats_slow_consumers_total counter",
        "peel_connected gauge",
        "peel_heartbeat_duration_seconds histogram",
        "peel_heartbeat_last_success_timestamp_seconds gauge",
        "peel_heartbeats_total counter",
        "peel_uptime_seconds gauge",
      ].map((name) => `${prefix}_${name}`),
    );
    assert.match(await body(), /^process_cpu_seconds_total /m);
    assert.match(await body(), /^nodejs_version_info\{/m);
  }
});

test("a peel is connected while its connection is, and not before the first", async () => {
  const { connection, samples } = createSubject();
  const table = [
    ["connecting", 0],
    ["connected", 1],
    ["disconnected", 0],
    ["closed", 0],
  ] as const;
  for (const [state, value] of table) {
    connection.become(state);
    assert.deepEqual(await samples("peel_connected"), [`peel_connected ${value}`]);
  }
});

test("the uptime is monotonic", async () => {
  const { clock, samples } = createSubject();
  await clock.advance(90_500);
  clock.jumpWall(-3_600_000);
  assert.deepEqual(await samples("peel_uptime_seconds"), ["peel_uptime_seconds 90.5"]);
});

test("beats are counted by result from 0 on, and their time in seconds", async () => {
  const { peelMetrics, samples } = createSubject();
  assert.deepEqual(await samples("peel_heartbeats_total"), [
    'peel_heartbeats_total{result="ok"} 0',
    'peel_heartbeats_total{result="failed"} 0',
  ]);
  peelMetrics.recordBeat({ result: "ok", durationMs: 2 });
  peelMetrics.recordBeat({ result: "ok", durationMs: 0.4 });
  peelMetrics.recordBeat({ result: "failed", durationMs: 2_500 });
  assert.deepEqual(await samples("peel_heartbeats_total"), [
    'peel_heartbeats_total{result="ok"} 2',
    'peel_heartbeats_total{result="failed"} 1',
  ]);
  const seconds = await samples("peel_heartbeat_duration_seconds");
  for (const line of ['bucket{le="0.0005"} 1', 'bucket{le="0.0025"} 2', 'bucket{le="1"} 2', 'bucket{le="2.5"} 3']) {
    assert.ok(seconds.includes(`peel_heartbeat_duration_seconds_${line}`), line);
  }
  assert.ok(seconds.includes("peel_heartbeat_duration_seconds_sum 2.5024"), seconds.join("\n"));
});

test("the time of the last good beat is absent before the first, then in seconds", async () => {
  const { heartbeat, samples } = createSubject();
  const name = "peel_heartbeat_last_success_timestamp_seconds";
  assert.deepEqual(await samples(name), []);
  heartbeat.lastSuccessAt = Date.UTC(2026, 0, 1, 0, 0, 0, 500);
  assert.deepEqual(await samples(name), [`${name} 1767225600.5`]);
});
