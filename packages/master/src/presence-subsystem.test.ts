import assert from "node:assert/strict";
import { test } from "node:test";
import { createConnection, resolveConnectionOptions } from "@fleet/bus";
import { createMetrics } from "@fleet/ops";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { presenceNames } from "@fleet/wire";
import { createPresenceSubsystem } from "./presence-subsystem.ts";

/** The subsystem on a connection that has not been made. */
function createSubject(problems: readonly string[] = []) {
  const [clock, logger, random] = [createFakeClock(), createRecordingLogger(), () => 0.5];
  const connection = createConnection({
    config: resolveConnectionOptions({ name: "test", urls: ["nats://127.0.0.1:1"] }),
    clock,
    random,
    logger,
  });
  const asked: string[] = [];
  const subsystem = createPresenceSubsystem({
    connection,
    systemConnection: undefined,
    keeper: {
      look: () => {},
      problemsOf(...buckets) {
        asked.push(...buckets);
        return problems;
      },
    },
    names: presenceNames(),
    heartbeatTtlMs: 30_000,
    heartbeatIntervalMs: 10_000,
    countIntervalMs: 15_000,
    stopTimeoutMs: 1_000,
    clock,
    random,
    logger,
  });
  return { clock, logger, subsystem, asked };
}

test("the presence metrics have the names that dashboards know, under any prefix", async () => {
  for (const prefix of ["fleet", "zester"]) {
    const metrics = createMetrics({ prefix, component: "master", version: "1.2.3" });
    createSubject().subsystem.registerMetrics(metrics);
    const { body } = await metrics.render();
    const own = body
      .split("\n")
      .filter((line) => line.startsWith(prefix) && !/build_info|read_errors|_bucket/.test(line));
    assert.deepEqual(
      own,
      [
        "connected_peels 0",
        'peels{state="online"} 0',
        'peels{state="late"} 0',
        'peels{state="offline"} 0',
        'peels{state="conflict"} 0',
        "presence_drift 0",
        "presence_valid 0",
        "heartbeats_received_total 0",
        'heartbeats_malformed_total{reason="empty"} 0',
        'heartbeats_malformed_total{reason="oversize"} 0',
        'heartbeats_malformed_total{reason="encoding"} 0',
        'heartbeats_malformed_total{reason="schema"} 0',
        'heartbeats_malformed_total{reason="key"} 0',
        'peel_transitions_total{reason="joined"} 0',
        'peel_transitions_total{reason="returned"} 0',
        'peel_transitions_total{reason="left"} 0',
        'peel_transitions_total{reason="crashed"} 0',
        'peel_transitions_total{reason="expired"} 0',
        'peel_transitions_total{reason="conflict"} 0',
        "peel_clock_skew_seconds_sum 0",
        "peel_clock_skew_seconds_count 0",
      ].map((line) => `${prefix}_${line}`),
    );
    // No sample before the first count: an age that nobody knows is not 0.
    assert.match(body, new RegExp(`^# TYPE ${prefix}_presence_last_refresh_timestamp_seconds gauge$`, "m"));
    assert.match(body, new RegExp(`^# TYPE ${prefix}_connected_peels gauge$`, "m"));
  }
});

test("presence is down until the peels have been counted, and says what is wrong with its buckets", async () => {
  const { subsystem, asked } = createSubject(["peel-heartbeat: TTL is 1m0s, not 30s"]);
  const [check, ...others] = subsystem.checks;
  assert.deepEqual([check?.name, others], ["presence", []]);
  assert.deepEqual(await check?.run(new AbortController().signal), {
    status: "down",
    message: "the peels have not been counted yet; not connected to NATS; peel-heartbeat: TTL is 1m0s, not 30s",
  });
  assert.deepEqual(asked, ["peel-heartbeat", "facts"]);
});

test("without a connection it waits without a warning, and leaves nothing behind when it is stopped", async () => {
  const { clock, logger, subsystem } = createSubject();
  const controller = new AbortController();
  const run = subsystem.run(controller.signal);
  await clock.advance(120_000);
  controller.abort();
  await clock.advance(0);
  await run;
  assert.deepEqual([logger.lines, clock.pendingTimers], [[], 0]);
});
