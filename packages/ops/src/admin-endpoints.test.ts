import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLevel } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { createLogLevelControl } from "./log-level.ts";
import { createMetrics } from "./metrics.ts";
import type { OperationsAppOptions } from "./operations-app.ts";
import { createReadiness } from "./readiness.ts";
import { createAskedApp } from "./testing/asked-app.ts";

function scene(overrides: Partial<OperationsAppOptions> = {}) {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const port: { level: LogLevel } = { level: "info" };
  const app = createAskedApp({
    readiness: createReadiness({ component: "peel", version: "v1", clock, checks: [] }),
    metrics: createMetrics({ component: "peel", version: "v1" }),
    clock,
    logger,
    address: "127.0.0.1:9090",
    loopback: true,
    metricsInsecure: false,
    bearer: undefined,
    healthDetails: true,
    liveness: undefined,
    identity: { peel_id: "web-1", session: "s1" },
    startedAt: 0,
    configuration: () => [{ name: "nats_url", value: ["nats://me:hunter2@nats-1:4222"], source: "--nats-url" }],
    logLevel: createLogLevelControl({ port, clock, logger, signal: new AbortController().signal }),
    ...overrides,
  });
  return { app, clock, logger, port };
}

const ADMIN = ["/info", "/env", "/loggers", "/threaddump"];
const json = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

test("info tells what runs, since when and under which names", async () => {
  const { app, clock } = scene();
  await clock.advance(90_000);
  assert.deepEqual(await (await app.request("/info")).json(), {
    component: "peel",
    version: "v1",
    peel_id: "web-1",
    session: "s1",
    started_at: "1970-01-01T00:00:00.000Z",
    uptime: "1m30s",
    pid: process.pid,
    runtime: { name: "node", version: process.version, platform: process.platform, arch: process.arch },
  });
});

test("env shows the settings with their sources and without secrets", async () => {
  const response = await scene().app.request("/env");
  assert.deepEqual(await response.json(), {
    settings: [{ name: "nats_url", value: ["nats://***@nats-1:4222"], source: "--nats-url" }],
  });
});

test("the log level is shown and set, for good or for a time", async () => {
  const { app, clock, port } = scene();
  assert.equal(((await (await app.request("/loggers")).json()) as { level: string }).level, "info");
  const set = await app.request("/loggers", json({ level: "debug", for: "10m" }));
  assert.equal(set.status, 200);
  assert.equal(((await set.json()) as { reverts: { to: string } }).reverts.to, "info");
  assert.equal(port.level, "debug");
  await clock.advance(600_000);
  assert.equal(port.level, "info");
});

test("a level that cannot be set changes nothing and names the valid ones", async () => {
  const { app, port } = scene();
  const refused = await app.request("/loggers", json({ level: "trace" }));
  assert.equal(refused.status, 400);
  assert.deepEqual(await refused.json(), { error: '"trace" is no level; use debug, info, warn, error' });
  assert.equal(port.level, "info");
});

test("what a foreign web page could make a browser send is not taken, nor is a long body", async () => {
  const { app, port } = scene();
  const body = '{"level":"debug"}';
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", undefined]) {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const response = await app.request("/loggers", { method: "POST", headers, body });
    assert.equal(response.status, 415, type);
  }
  assert.equal((await app.request("/loggers", { method: "OPTIONS" })).status, 405);
  const long = await app.request("/loggers", json({ level: "debug", for: " ".repeat(2_000) }));
  assert.equal(long.status, 413);
  assert.equal(port.level, "info");
});

test("a diagnostic report has stacks and handles, and nothing of the environment or the arguments", async () => {
  process.env["FLEET_TEST_SECRET"] = "hunter2-environment";
  try {
    const response = await scene().app.request("/threaddump");
    const text = await response.text();
    const report = JSON.parse(text);
    assert.match(report.stack.join("\n"), /diagnostic-report\.js/);
    assert.ok(report.handles.some(({ type }: { type: string }) => type === "timer" || type === "async"));
    assert.ok(report.heap.totalMemory > 0);
    for (const hidden of ["hunter2", "environmentVariables", "commandLine", "networkInterfaces", "sharedObjects"]) {
      assert.ok(!text.includes(hidden), hidden);
    }
    // Where all tests share a process, this file is an argument and in the stack.
    const [stack, rest] = [report.stack.join("\n"), JSON.stringify({ ...report, stack: [] })];
    for (const argument of process.argv.slice(2)) assert.ok(!rest.includes(argument), argument);
    assert.doesNotMatch(stack, /hunter2/);
  } finally {
    delete process.env["FLEET_TEST_SECRET"];
  }
});

test("admin endpoints answer on loopback or to the token, and to nobody else, whatever metrics do", async () => {
  const remote = { loopback: false, address: "0.0.0.0:9090" };
  const cases: [Partial<OperationsAppOptions>, Record<string, string>, number][] = [
    [{}, {}, 200],
    [remote, {}, 401],
    [{ ...remote, metricsInsecure: true }, {}, 401],
    [{ ...remote, bearer: () => "t0ken" }, {}, 401],
    [{ ...remote, bearer: () => "t0ken" }, { authorization: "Bearer t0ke" }, 401],
    [{ ...remote, bearer: () => "t0ken" }, { authorization: "Bearer t0ken" }, 200],
    [{ bearer: () => "t0ken" }, {}, 401],
    [{ bearer: () => "t0ken" }, { authorization: "Bearer t0ken" }, 200],
  ];
  for (const [options, headers, status] of cases) {
    const { app } = scene(options);
    for (const path of ADMIN) assert.equal((await app.request(path, { headers })).status, status, path);
  }
});

test("a level cannot be set by who may not", async () => {
  const { app, port } = scene({ loopback: false, bearer: () => "t0ken" });
  const request = json({ level: "debug" });
  assert.equal((await app.request("/loggers", request)).status, 401);
  assert.equal(port.level, "info");
  const headers = { ...request.headers, authorization: "Bearer t0ken" };
  assert.equal((await app.request("/loggers", { ...request, headers })).status, 200);
  assert.equal(port.level, "debug");
});

test("a refused token is told as RFC 6750 has it, and logged once a minute with a count", async () => {
  const { app, clock, logger } = scene({ loopback: false, bearer: () => "t0ken" });
  const missing = await app.request("/info");
  assert.equal(missing.headers.get("www-authenticate"), 'Bearer realm="fleet"');
  const wrong = await app.request("/metrics", { headers: { authorization: "Bearer guess" } });
  assert.equal(wrong.headers.get("www-authenticate"), 'Bearer realm="fleet", error="invalid_token"');
  assert.ok(!(await wrong.text()).includes("t0ken"));
  await clock.advance(60_000);
  await app.request("/metrics", { headers: { authorization: "Bearer guess" } });
  assert.deepEqual(logger.lines, [
    {
      level: "warn",
      message: "http.request.unauthorized",
      fields: { path: "/info", reason: "token-missing" },
    },
    {
      level: "warn",
      message: "http.request.unauthorized",
      fields: { path: "/metrics", reason: "token-wrong", held_back: 1 },
    },
  ]);
});

test("what cannot be shown or changed is no endpoint", async () => {
  const { app } = scene({ configuration: undefined, logLevel: undefined });
  for (const path of ["/env", "/loggers"]) assert.equal((await app.request(path)).status, 404, path);
});
