import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { InvalidOptionsError } from "@fleet/runtime";
import { peelIdFromHostname } from "@fleet/wire";
import { type PeelOptions, resolvePeelOptions } from "./peel-options.ts";

/** What is wrong with options, one line each, sorted. */
function problemsOf(options: Readonly<Record<string, unknown>>): string[] {
  try {
    resolvePeelOptions({ id: "web1", ...options } as PeelOptions);
    return [];
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError, String(error));
    return error.problems.map(({ option, message }) => `${option}: ${message}`).sort();
  }
}

test("a peel that is told nothing has defaults, and is named after its host", () => {
  const { connection, ...config } = resolvePeelOptions({});
  assert.deepEqual(config, {
    id: peelIdFromHostname(hostname()),
    healthAddr: { host: "127.0.0.1", port: 9090 },
    labels: {},
    heartbeatIntervalMs: 10_000,
    healthDetails: true,
    livenessNatsGraceMs: undefined,
    metricsBearer: undefined,
    metricsPrefix: "fleet",
    metricsInsecure: false,
    shutdownTimeoutMs: 10_000,
  });
  assert.deepEqual(connection("s").shownUrls, ["nats://127.0.0.1:4222"]);
});

test("what a peel is told is what it does", () => {
  const creds = () => new Uint8Array();
  const ca = () => "authorities";
  const metricsBearer = () => "t0ken";
  const { connection, ...config } = resolvePeelOptions({
    id: "web1",
    natsUrl: ["nats://user:secret@a:1", "nats://b:2"],
    natsCreds: creds,
    natsCa: ca,
    healthAddr: "[::1]:0",
    label: { role: "web", "rack.row": "" },
    heartbeatInterval: "500ms",
    heartbeatTtl: "1500ms",
    healthDetails: "off",
    livenessNatsGrace: "10m",
    metricsBearer,
    metricsPrefix: "zester",
    metricsInsecure: true,
    shutdownTimeout: "2s",
  });
  assert.deepEqual(config, {
    id: "web1",
    healthAddr: { host: "::1", port: 0 },
    labels: { role: "web", "rack.row": "" },
    heartbeatIntervalMs: 500,
    healthDetails: false,
    livenessNatsGraceMs: 600_000,
    metricsBearer,
    metricsPrefix: "zester",
    metricsInsecure: true,
    shutdownTimeoutMs: 2_000,
  });
  const { servers, shownUrls, user, password, ca: usedCa, ...rest } = connection("session-1");
  assert.deepEqual([servers, user, password, usedCa], [["a:1", "b:2"], "user", "secret", ca]);
  assert.ok(!shownUrls.join().includes("secret"));
  assert.equal(rest.creds, creds);
});

test("a peel's connection is named after it and its session, and its inbox is its own", () => {
  const { connection } = resolvePeelOptions({ id: "web1" });
  assert.equal(connection("session-1").name, "peel:web1:session-1");
  assert.equal(connection("session-2").name, "peel:web1:session-2");
  assert.equal(connection("session-1").inboxPrefix, "_INBOX_web1");
  const longest = resolvePeelOptions({ id: "x".repeat(128) });
  assert.equal(longest.connection("s").inboxPrefix, `_INBOX_${"x".repeat(128)}`);
});

test("every problem is named at once, each with its option", () => {
  assert.deepEqual(
    problemsOf({
      id: "_master",
      natsUrl: ["http://a"],
      healthAddr: "9090",
      label: { "a b": "x", ok: "y".repeat(257), __proto__x: "z" },
      heartbeatInterval: "10",
      heartbeatTtl: "1ms",
      metricsPrefix: "1fleet",
      metricsInsecure: "yes",
      shutdownTimeout: "1d",
      heartbeatIntervall: "5s",
    }).map((problem) => problem.split(":")[0]),
    [
      "healthAddr",
      "heartbeatInterval",
      "heartbeatIntervall",
      "heartbeatTtl",
      "id",
      "label.__proto__x",
      "label.a b",
      "label.ok",
      "metricsInsecure",
      "metricsPrefix",
      "natsUrl.0",
      "shutdownTimeout",
    ],
  );
});

test("a wrong id, label or URL says what would be right", () => {
  assert.deepEqual(problemsOf({ id: "web.1" }), [
    'id: "web.1" cannot be a peel id: 1 to 128 of a-z A-Z 0-9 _ -, beginning with a letter or digit',
  ]);
  assert.deepEqual(problemsOf({ label: { "a b": "x" } }), [
    'label.a b: "a b" cannot be a label: use 1 to 63 letters, digits and _ . -, beginning with a letter or digit',
  ]);
  assert.deepEqual(problemsOf({ label: { a: "x".repeat(257) } }), ["label.a: longer than 256 characters"]);
  assert.deepEqual(problemsOf({ natsUrl: [] }), [
    "natsUrl: no server given; write nats://host:port or tls://host:port",
  ]);
});

test("labels take what label keys and values commonly are, and nothing that is not text", () => {
  const good = ["a", "role", "9", "rack.row", "a-b_c", "constructor", "x".repeat(63)];
  for (const key of good) assert.deepEqual(problemsOf({ label: { [key]: "x" } }), [], key);
  for (const key of ["", "-a", ".a", "_a", "a/b", "a=b", "ü", "x".repeat(64)]) {
    assert.equal(problemsOf({ label: { [key]: "x" } }).length, 1, key);
  }
  for (const value of [1, true, null, ["x"]]) {
    assert.deepEqual(problemsOf({ label: { a: value, "b c": "x" } }).length, 2, "told together with a wrong key");
  }
  assert.deepEqual(problemsOf({ label: { a: "x".repeat(256), b: "é ✓" } }), []);
});

test("a TTL that is too short for the interval is refused, although a peel itself does not use it", () => {
  assert.deepEqual(problemsOf({ heartbeatInterval: "10s", heartbeatTtl: "20s" }), [
    "heartbeatTtl: 20s is less than three times the heartbeat interval of 10s; use 30s or more",
  ]);
});
