import assert from "node:assert/strict";
import { test } from "node:test";
import { createConnection, resolveConnectionOptions } from "@fleet/bus";
import { createMetrics } from "@fleet/ops";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
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
    keeper: {
      look: () => {},
      problemsOf(...buckets) {
        asked.push(...buckets);
        return problems;
      },
    },
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
    const own = body.split("\n").filter((line) => line.startsWith(prefix) && !/build_info|read_errors/.test(line));
    assert.deepEqual(
      own,
      [
        "connected_peels 0",
        'heartbeats_malformed_total{reason="empty"} 0',
        'heartbeats_malformed_total{reason="oversize"} 0',
        'heartbeats_malformed_total{reason="encoding"} 0',
        'heartbeats_malformed_total{reason="schema"} 0',
        'heartbeats_malformed_total{reason="key"} 0',
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
    message: "the peels have not been counted yet; peel-heartbeat: TTL is 1m0s, not 30s",
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
