import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import type { Check } from "./check.ts";
import { createMetrics } from "./metrics.ts";
import type { OperationsAppOptions } from "./operations-app.ts";
import { createReadiness } from "./readiness.ts";
import { createAskedApp } from "./testing/asked-app.ts";

const CHECKS: readonly Check[] = [
  { name: "nats", run: () => ({ status: "ok" }) },
  { name: "gitfs", run: () => ({ status: "degraded", message: "no successful sync yet" }) },
];
const DOWN: Check = { name: "kv", run: () => ({ status: "down", message: "bucket not found" }) };

function appOf(overrides: Partial<OperationsAppOptions> & { checks?: readonly Check[] } = {}) {
  const { checks = CHECKS, ...rest } = overrides;
  const clock = createFakeClock();
  return createAskedApp({
    readiness: createReadiness({ component: "master", version: "v0.5.0", clock, checks }),
    metrics: createMetrics({ component: "master", version: "v0.5.0" }),
    clock,
    logger: createRecordingLogger(),
    address: "127.0.0.1:9091",
    loopback: true,
    metricsInsecure: false,
    bearer: undefined,
    healthDetails: true,
    liveness: undefined,
    identity: {},
    startedAt: 0,
    configuration: undefined,
    logLevel: undefined,
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
  for (const name of ["reactor", "__proto__"]) {
    const unknown = await app.request(`/readyz/${name}`);
    assert.equal(unknown.status, 404);
    const body = { error: `there is no check "${name}"`, checks: ["nats", "gitfs", "kv"] };
    assert.deepEqual(await unknown.json(), body);
  }
});

test("checks named in exclude are neither run nor told, in either spelling, and unknown names do no harm", async () => {
  let runs = 0;
  const counted: Check = {
    name: "kv",
    run() {
      runs += 1;
      return { status: "down" };
    },
  };
  const app = appOf({ checks: [...CHECKS, counted] });
  for (const query of ["exclude=kv", "exclude=reactor,kv", "exclude=&exclude=kv"]) {
    const response = await app.request(`/readyz?${query}`);
    assert.equal(response.status, 200, query);
    const { status, checks } = (await response.json()) as { status: string; checks: object };
    assert.deepEqual([status, Object.keys(checks)], ["degraded", ["nats", "gitfs"]], query);
  }
  assert.equal(runs, 0);
  assert.equal((await app.request("/readyz?exclude=")).status, 503);
  assert.equal((await app.request("/readyz?exclude=reactor")).status, 503);
  assert.equal(runs, 2);
});

test("verbose readiness is a line a check, as Kubernetes writes them", async () => {
  const app = appOf({ checks: [...CHECKS, DOWN] });
  const down = await app.request("/readyz?verbose");
  assert.equal(down.status, 503);
  assert.match(down.headers.get("content-type") ?? "", /^text\/plain/);
  const first = "[+]nats ok\n[+]gitfs degraded: no successful sync yet\n";
  assert.equal(await down.text(), `${first}[-]kv down: bucket not found\nreadyz check failed\n`);
  const excluded = await app.request("/readyz?verbose&exclude=kv");
  assert.equal(excluded.status, 200);
  assert.equal(await excluded.text(), `${first}[+]kv excluded: ok\nreadyz check passed\n`);
});

test("readiness is health+json for who asks for that by name, and only then", async () => {
  const app = appOf({ checks: [...CHECKS, DOWN] });
  const named = await app.request("/readyz", {
    headers: { accept: "application/json;q=0.5, Application/Health+JSON" },
  });
  assert.equal(named.status, 503);
  assert.equal(named.headers.get("content-type"), "application/health+json");
  assert.deepEqual(await named.json(), {
    status: "fail",
    version: "v0.5.0",
    checks: {
      "nats:responseTime": [{ status: "pass", observedValue: 0, observedUnit: "ms" }],
      "gitfs:responseTime": [
        { status: "warn", observedValue: 0, observedUnit: "ms", output: "no successful sync yet" },
      ],
      "kv:responseTime": [{ status: "fail", observedValue: 0, observedUnit: "ms", output: "bucket not found" }],
    },
  });
  for (const accept of [
    "*/*",
    "application/*",
    "application/json",
    "application/health+jsonp",
    "application/health+json;q=0, application/json",
    "application/health+json;q=0.1, application/json",
  ]) {
    const other = await app.request("/readyz", { headers: { accept } });
    assert.equal(other.headers.get("content-type"), "application/json", accept);
  }
});

test("start-up fails with what is missing until the process has started once, and never again", async () => {
  const statuses: { kv: "ok" | "down" } = { kv: "down" };
  const app = appOf({ checks: [{ name: "kv", run: () => ({ status: statuses.kv }) }] });
  const before = await app.request("/startupz");
  assert.equal(before.status, 503);
  assert.deepEqual(((await before.json()) as { checks: unknown }).checks, { kv: { status: "down" } });
  statuses.kv = "ok";
  const after = await app.request("/startupz");
  assert.equal(after.status, 200);
  assert.equal(await after.text(), '{"status":"ok","component":"master","version":"v0.5.0"}');
  statuses.kv = "down";
  assert.equal((await app.request("/readyz")).status, 503);
  assert.equal((await app.request("/startupz")).status, 200);
});

test("a process that goes away has started if it had, and otherwise has not", async () => {
  for (const [checks, status] of [
    [CHECKS, 200],
    [[DOWN], 503],
  ] as const) {
    const readiness = createReadiness({ component: "peel", version: "v1", clock: createFakeClock(), checks });
    const app = appOf({ readiness });
    await app.request("/startupz");
    readiness.drain();
    assert.equal((await app.request("/startupz")).status, status);
  }
});

test("health is a tree in the words of Spring and Micronaut, with details unless told otherwise", async () => {
  const up = await appOf().request("/health");
  assert.equal(up.status, 200);
  assert.deepEqual(await up.json(), {
    name: "master",
    status: "UP",
    details: {
      nats: { name: "master", status: "UP", details: { status: "ok" } },
      gitfs: { name: "master", status: "UP", details: { status: "degraded", message: "no successful sync yet" } },
    },
  });
  const bare = await appOf({ healthDetails: false }).request("/health");
  assert.equal(await bare.text(), '{"name":"master","status":"UP"}');

  const statuses: { kv: "ok" | "down" } = { kv: "down" };
  const app = appOf({ checks: [{ name: "kv", run: () => ({ status: statuses.kv }) }], healthDetails: false });
  const told = async () => {
    const response = await app.request("/health");
    return [response.status, ((await response.json()) as { status: string }).status];
  };
  assert.deepEqual(await told(), [503, "OUT_OF_SERVICE"]);
  statuses.kv = "ok";
  assert.deepEqual(await told(), [200, "UP"]);
  statuses.kv = "down";
  assert.deepEqual(await told(), [503, "DOWN"]);
});

test("liveness fails when a restart could help, and says why", async () => {
  let problem: string | undefined;
  const app = appOf({ liveness: { problem: () => problem, follow: () => () => {} } });
  assert.equal((await app.request("/healthz")).status, 200);
  problem = "no connection to NATS for 10m1s, longer than the grace of 10m0s";
  const failed = await app.request("/healthz");
  assert.equal(failed.status, 503);
  assert.deepEqual(await failed.json(), { status: "down", component: "master", version: "v0.5.0", message: problem });
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

test("where other machines reach it, metrics are refused with what would serve them", async () => {
  for (const path of ["/metrics", "/metrics.json"]) {
    const refused = await appOf(REMOTE).request(path);
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get("www-authenticate"), 'Bearer realm="fleet"');
    const { error } = (await refused.json()) as { error: string };
    assert.match(error, /on 0\.0\.0\.0:9091.*METRICS_BEARER_FILE.*--metrics-insecure/);
    assert.equal((await appOf({ ...REMOTE, metricsInsecure: true }).request(path)).status, 200);
  }
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
  for (const path of ["/health", "/startupz", "/readyz?verbose"]) {
    const text = await (await appOf({ ...REMOTE, checks }).request(path)).text();
    assert.doesNotMatch(text, /bucket not found|sync/, path);
  }
  const withToken = appOf({ ...REMOTE, checks, bearer: () => "t0ken" });
  for (const [authorization, told] of [
    ["Bearer t0ken", true],
    ["Bearer wrong", false],
  ] as const) {
    const text = await (await withToken.request("/readyz", { headers: { authorization } })).text();
    assert.equal(text.includes("bucket not found"), told, authorization);
  }
  const insecure = appOf({ ...REMOTE, checks, metricsInsecure: true });
  const shown = { status: "down", message: "bucket not found" };
  assert.deepEqual(await (await insecure.request("/readyz/kv")).json(), shown);
});

test("any other path is 404 and told the endpoints", async () => {
  const slashed = ["/healthz/", "/readyz/", "/readyz/nats/", "/startupz/", "/health/", "/metrics/", "/info/"];
  for (const path of ["/", "/livez", "/healthz/x", "/readyz/nats/x", "/%zz", "/readyz/%zz", "//healthz", ...slashed]) {
    const response = await appOf().request(path);
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), {
      error: "there is nothing at this path",
      endpoints: [
        "/healthz",
        "/startupz",
        "/readyz",
        "/readyz/<check>",
        "/health",
        "/metrics",
        "/metrics.json",
        "/info",
        "/threaddump",
      ],
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
  for (const path of ["/healthz", "/startupz", "/readyz", "/readyz/nats", "/health", "/metrics", "/info"]) {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const response = await app.request(path, { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers.get("allow"), "GET, HEAD");
      assert.deepEqual(await response.json(), { error: `${method} is not allowed here` });
    }
  }
  assert.equal(runs, 0);
});

test("HEAD answers as GET does", async () => {
  const app = appOf({ checks: [DOWN] });
  for (const [path, status] of [
    ["/healthz", 200],
    ["/startupz", 503],
    ["/readyz", 503],
    ["/readyz/kv", 503],
    ["/health", 503],
    ["/metrics", 200],
    ["/metrics.json", 200],
    ["/info", 200],
    ["/threaddump", 200],
    ["/nothing", 404],
  ] as const) {
    const response = await app.request(path, { method: "HEAD" });
    assert.equal(response.status, status, path);
  }
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
