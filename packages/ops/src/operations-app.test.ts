import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import type { Check } from "./check.ts";
import { createMetrics } from "./metrics.ts";
import { createOperationsApp, type OperationsAppOptions } from "./operations-app.ts";
import { createReadiness } from "./readiness.ts";

const CHECKS: readonly Check[] = [
  { name: "nats", run: () => ({ status: "ok" }) },
  { name: "gitfs", run: () => ({ status: "degraded", message: "no successful sync yet" }) },
];
const DOWN: Check = { name: "kv", run: () => ({ status: "down", message: "bucket not found" }) };

function appOf(overrides: Partial<OperationsAppOptions> & { checks?: readonly Check[] } = {}) {
  const { checks = CHECKS, ...rest } = overrides;
  return createOperationsApp({
    readiness: createReadiness({ component: "master", version: "v0.5.0", clock: createFakeClock(), checks }),
    metrics: createMetrics({ component: "master", version: "v0.5.0" }),
    logger: createRecordingLogger(),
    address: "127.0.0.1:9091",
    loopback: true,
    metricsInsecure: false,
    ...rest,
  });
}

const REMOTE = { loopback: false, address: "0.0.0.0:9091" };

test("liveness is 200 with the seed's body, whatever the checks say and also while draining", async () => {
  const clock = createFakeClock();
  const readiness = createReadiness({ component: "master", version: "v0.5.0", clock, checks: [DOWN] });
  readiness.drain();
  const response = await appOf({ readiness }).request("/healthz");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(await response.text(), '{"status":"ok","component":"master","version":"v0.5.0"}');
});

test("readiness is 200 while degraded, and 503 only when a check is down or the process is draining", async () => {
  const degraded = await appOf().request("/readyz");
  assert.equal(degraded.status, 200);
  assert.equal(
    await degraded.text(),
    '{"status":"degraded","checks":{"nats":{"status":"ok"},"gitfs":{"status":"degraded","message":"no successful sync yet"}},"version":"v0.5.0","uptime":"0s"}',
  );
  assert.equal((await appOf({ checks: [...CHECKS, DOWN] }).request("/readyz")).status, 503);

  const readiness = createReadiness({ component: "peel", version: "v1", clock: createFakeClock(), checks: [] });
  readiness.drain();
  const draining = await appOf({ readiness }).request("/readyz");
  assert.equal(draining.status, 503);
  assert.deepEqual(((await draining.json()) as { checks: unknown }).checks, {
    draining: { status: "down", message: "shutting down" },
  });
});

test("one check is asked by its name, and an unknown name is told the known ones", async () => {
  const app = appOf({ checks: [...CHECKS, DOWN] });
  const degraded = await app.request("/readyz/gitfs");
  assert.equal(degraded.status, 200);
  assert.deepEqual(await degraded.json(), { status: "degraded", message: "no successful sync yet" });
  assert.equal((await app.request("/readyz/kv")).status, 503);
  for (const name of ["reactor", "__proto__", "%zz"]) {
    const unknown = await app.request(`/readyz/${name}`);
    assert.equal(unknown.status, 404);
    const body = { error: `there is no check "${name}"`, checks: ["nats", "gitfs", "kv"] };
    assert.deepEqual(await unknown.json(), body);
  }
});

test("metrics are served on loopback as Prometheus text", async () => {
  const response = await appOf().request("/metrics");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.match(await response.text(), /^fleet_build_info\{.*component="master".*\} 1$/m);
});

test("metrics are served as OpenMetrics to who asks for that, and as JSON under their own path", async () => {
  const app = appOf();
  const openMetrics = await app.request("/metrics", { headers: { accept: "application/openmetrics-text" } });
  assert.equal(openMetrics.headers.get("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assert.equal(openMetrics.headers.get("vary"), "Accept");
  assert.match(await openMetrics.text(), /\n# EOF\n$/);
  const json = await app.request("/metrics.json");
  assert.equal(json.headers.get("content-type"), "application/json");
  assert.equal(((await json.json()) as { schema_version: number }).schema_version, 1);
});

test("where other machines reach it, metrics are refused with the option that serves them", async () => {
  const refused = await appOf(REMOTE).request("/metrics");
  assert.equal(refused.status, 403);
  const { error } = (await refused.json()) as { error: string };
  assert.match(error, /not served on 0\.0\.0\.0:9091.*--metrics-insecure/);
  assert.equal((await appOf({ ...REMOTE, metricsInsecure: true }).request("/metrics")).status, 200);
});

test("where other machines reach it, readiness tells statuses but no messages unless told to", async () => {
  const checks = [...CHECKS, DOWN];
  const hidden = await appOf({ ...REMOTE, checks }).request("/readyz");
  assert.equal(hidden.status, 503);
  assert.deepEqual(((await hidden.json()) as { checks: unknown }).checks, {
    nats: { status: "ok" },
    gitfs: { status: "degraded" },
    kv: { status: "down" },
  });
  assert.deepEqual(await (await appOf({ ...REMOTE, checks }).request("/readyz/kv")).json(), { status: "down" });
  const insecure = appOf({ ...REMOTE, checks, metricsInsecure: true });
  const shown = { status: "down", message: "bucket not found" };
  assert.deepEqual(await (await insecure.request("/readyz/kv")).json(), shown);
});

test("any other path is 404 and told the endpoints", async () => {
  for (const path of ["/", "/health", "/healthz/x", "/readyz/nats/x", "/%zz"]) {
    const response = await appOf().request(path);
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), {
      error: "there is nothing at this path",
      endpoints: ["/healthz", "/readyz", "/readyz/<check>", "/metrics", "/metrics.json"],
    });
  }
});

test("another method is 405 with the ones allowed, and runs no check", async () => {
  let runs = 0;
  const counting: Check = {
    name: "nats",
    run() {
      runs += 1;
      return { status: "ok" };
    },
  };
  const app = appOf({ checks: [counting] });
  for (const path of ["/healthz", "/readyz", "/readyz/nats", "/metrics"]) {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const response = await app.request(path, { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers.get("allow"), "GET, HEAD");
      assert.deepEqual(await response.json(), { error: `${method} is not allowed here` });
    }
  }
  assert.equal(runs, 0);
});

test("HEAD answers as GET does, without the body", async () => {
  const app = appOf({ checks: [DOWN] });
  for (const [path, status] of [
    ["/healthz", 200],
    ["/readyz", 503],
    ["/readyz/kv", 503],
    ["/metrics", 200],
    ["/nothing", 404],
  ] as const) {
    const response = await app.request(path, { method: "HEAD" });
    assert.equal(response.status, status, path);
    assert.equal(await response.text(), "");
  }
});

test("nothing may be stored by a cache, errors included", async () => {
  const app = appOf();
  for (const path of ["/healthz", "/readyz", "/readyz/x", "/metrics", "/nothing"]) {
    assert.equal((await app.request(path)).headers.get("cache-control"), "no-store", path);
  }
  assert.equal((await app.request("/healthz", { method: "POST" })).headers.get("cache-control"), "no-store");
});

test("on loopback a request under a foreign name is refused, whatever its path", async () => {
  const app = appOf();
  for (const path of ["/healthz", "/readyz", "/metrics", "/nothing"]) {
    const response = await app.request(path, { headers: { host: "evil.example:9091" } });
    assert.equal(response.status, 403, path);
    const { error } = (await response.json()) as { error: string };
    assert.match(error, /"evil\.example:9091" refused: 127\.0\.0\.1:9091 answers only to localhost/);
  }
  for (const host of ["127.0.0.1:9091", "localhost:9091", "[::1]:9091"]) {
    assert.equal((await app.request("/healthz", { headers: { host } })).status, 200, host);
  }
});

test("where other machines reach it, it answers to any name, as probes by pod address need", async () => {
  const response = await appOf(REMOTE).request("/healthz", { headers: { host: "10.1.2.3:9091" } });
  assert.equal(response.status, 200);
});

test("a defect answers 500 without its details and is logged", async () => {
  const logger = createRecordingLogger();
  const metrics = {
    ...createMetrics({ component: "peel", version: "v1" }),
    render: () => Promise.reject(new Error("secret")),
  };
  const response = await appOf({ metrics, logger }).request("/metrics");
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { error: "internal error; the log says more" });
  assert.deepEqual(logger.lines, [
    { level: "error", message: "operations request failed", fields: { path: "/metrics", error: "secret" } },
  ]);
});
