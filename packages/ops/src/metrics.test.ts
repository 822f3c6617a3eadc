import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveOptions } from "@fleet/runtime";
import * as z from "zod";
import { createMetrics, type Metrics, metricPrefixOption } from "./metrics.ts";

const identity = { component: "peel", version: "v0.5.0" };

/** What is rendered of the metrics with `prefix`, but the ones that are always there. */
async function rendered(metrics: Metrics): Promise<string> {
  const { body } = await metrics.render();
  const own = body.split("\n").filter((line) => line.includes(`${metrics.prefix}_`));
  return own.filter((line) => !/_build_info|_metrics_read_errors_total/.test(line)).join("\n");
}

test("metrics are rendered as Prometheus text 0.0.4 with the prefix before their names", async () => {
  const metrics = createMetrics(identity);
  const jobs = metrics.counter("jobs_total", "Jobs finalized.", ["status"]);
  jobs.inc({ status: "complete" });
  jobs.inc({ status: "failed" }, 2);
  metrics.counter("job_reclaims_total", "Jobs reclaimed.").inc();
  metrics.gauge("connected_peels", "Live peels.").set(7);
  metrics.gauge("reactor_breaker_open", "Open breakers.", ["rule"]).set({ rule: "a" }, 1);
  metrics.histogram("job_duration_seconds", "Job duration.", [0.1, 1], ["function"]).observe({ function: "f" }, 0.5);
  assert.equal((await metrics.render()).contentType, "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(
    await rendered(metrics),
    `# HELP fleet_jobs_total Jobs finalized.
# TYPE fleet_jobs_total counter
fleet_jobs_total{status="complete"} 1
fleet_jobs_total{status="failed"} 2
# HELP fleet_job_reclaims_total Jobs reclaimed.
# TYPE fleet_job_reclaims_total counter
fleet_job_reclaims_total 1
# HELP fleet_connected_peels Live peels.
# TYPE fleet_connected_peels gauge
fleet_connected_peels 7
# HELP fleet_reactor_breaker_open Open breakers.
# TYPE fleet_reactor_breaker_open gauge
fleet_reactor_breaker_open{rule="a"} 1
# HELP fleet_job_duration_seconds Job duration.
# TYPE fleet_job_duration_seconds histogram
fleet_job_duration_seconds_bucket{le="0.1",function="f"} 0
fleet_job_duration_seconds_bucket{le="1",function="f"} 1
fleet_job_duration_seconds_bucket{le="+Inf",function="f"} 1
fleet_job_duration_seconds_sum{function="f"} 0.5
fleet_job_duration_seconds_count{function="f"} 1`,
  );
});

test("what runs is told by the build info, and the process collectors bear no prefix", async () => {
  const { body } = await createMetrics({ ...identity, prefix: "zester" }).render();
  const info = `zester_build_info{version="v0.5.0",component="peel",node_version="${process.version}"} 1`;
  assert.ok(body.includes(info), body);
  for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "nodejs_heap_size_used_bytes"]) {
    assert.match(body, new RegExp(`^${name} [0-9.]+$`, "m"));
  }
  assert.match(body, /^nodejs_eventloop_lag_seconds [0-9.]+$/m);
  assert.doesNotMatch(body, /zester_(process|nodejs)_|nodejs_eventloop_lag_(min|max|mean|stddev|p\d\d)/);
});

test("two registries in one process each have all metrics, and only their own values", async () => {
  const master = createMetrics({ component: "master", version: "v1" });
  const peel = createMetrics({ component: "peel", version: "v1" });
  master.counter("facts_sync_total", "Syncs.").inc(3);
  peel.counter("facts_sync_total", "Syncs.").inc(4);
  assert.match(await rendered(master), /^fleet_facts_sync_total 3$/m);
  assert.match(await rendered(peel), /^fleet_facts_sync_total 4$/m);
  for (const metrics of [master, peel]) {
    assert.match((await metrics.render()).body, /^process_start_time_seconds \d+$/m);
  }
});

test("computed metrics tell at every scrape what is true then, and unknown values are absent", async () => {
  const metrics = createMetrics(identity);
  let total = 5;
  let refreshedAt: number | undefined;
  let states: [state: "online" | "late", peels: number][] = [["online", 2]];
  metrics.computedCounter("beats_total", "Beats.", () => total);
  metrics.computedGauge("last_refresh_timestamp_seconds", "Last refresh.", () => refreshedAt);
  const readStates = () => states.map(([state, value]) => ({ labels: { state }, value }));
  metrics.computedGauge<"state">("peels", "Peels by state.", readStates, ["state"]);

  const values = async () => (await rendered(metrics)).split("\n").filter((line) => !line.startsWith("#"));
  assert.deepEqual(await values(), ["fleet_beats_total 5", 'fleet_peels{state="online"} 2']);
  total = 9;
  refreshedAt = 0;
  states = [["late", 1]];
  const later = ["fleet_beats_total 9", "fleet_last_refresh_timestamp_seconds 0", 'fleet_peels{state="late"} 1'];
  assert.deepEqual(await values(), later);
  assert.deepEqual(await values(), later);
});

test("a computed metric that cannot be read is left out and counted, and the others are rendered", async () => {
  const failures: string[] = [];
  const metrics = createMetrics({ ...identity, onReadError: (name, error) => failures.push(`${name}: ${error}`) });
  let broken = false;
  metrics.computedGauge("index_size", "Index size.", () => {
    if (broken) throw new Error("no index");
    return 3;
  });
  metrics.gauge("connected_peels", "Live peels.").set(1);
  assert.match(await rendered(metrics), /^fleet_index_size 3$/m);
  broken = true;
  const { body } = await metrics.render();
  assert.doesNotMatch(body, /^fleet_index_size /m);
  assert.match(body, /^fleet_connected_peels 1$/m);
  assert.match(body, /^fleet_metrics_read_errors_total 1$/m);
  assert.deepEqual(failures, ["index_size: Error: no index"]);
});

test("a prefix that cannot begin a metric name is refused, by the schema too", () => {
  const schema = z.object({ metricsPrefix: metricPrefixOption() });
  for (const prefix of ["", "9lives", "my-fleet", "fleet:", "flöte", "fleet\n"]) {
    const expected = { code: "INVALID_OPTIONS", message: /is not a metric prefix; it takes letters/ };
    assert.throws(() => createMetrics({ ...identity, prefix }), expected, prefix);
    assert.throws(() => resolveOptions(schema, { metricsPrefix: prefix }), expected, prefix);
  }
  for (const prefix of ["zester", "_x", "Fleet2"]) {
    assert.equal(createMetrics({ ...identity, prefix }).prefix, prefix);
    assert.deepEqual(resolveOptions(schema, { metricsPrefix: prefix }), { metricsPrefix: prefix });
  }
});

test("a name that breaks the rules or is taken is a programming error", () => {
  const metrics = createMetrics(identity);
  assert.throws(() => metrics.counter("beats", "Beats."), /invariant violated: counter name "beats" ends in _total/);
  assert.throws(() => metrics.gauge("connected-peels", "Peels."), /invariant violated/);
  assert.throws(() => metrics.gauge("peels", "Peels.", ["by-state"]), /label "by-state" of "peels" is snake_case/);
  metrics.gauge("connected_peels", "Peels.");
  assert.throws(() => metrics.gauge("connected_peels", "Peels."), /is not taken by fleet_connected_peels/);
});
