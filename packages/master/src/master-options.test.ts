import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidOptionsError } from "@fleet/runtime";
import { type MasterOptions, resolveMasterOptions } from "./master-options.ts";

/** What is wrong with options, one line each, sorted. */
function problemsOf(options: Readonly<Record<string, unknown>>): string[] {
  try {
    resolveMasterOptions(options as MasterOptions);
    return [];
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError, String(error));
    return error.problems.map(({ option, message }) => `${option}: ${message}`).sort();
  }
}

test("a master that is told nothing has defaults, and an id of its own at each start", () => {
  const { id, connection, healthAddr, ...config } = resolveMasterOptions({});
  assert.match(id, /^master-[0-9A-Za-z]{27}$/);
  assert.notEqual(resolveMasterOptions({}).id, id);
  assert.deepEqual(healthAddr, { host: "127.0.0.1", port: 9091 });
  assert.deepEqual(connection.shownUrls, ["nats://127.0.0.1:4222"]);
  assert.deepEqual([connection.name, connection.inboxPrefix], [`master:${id}`, `_INBOX_${id}`]);
  assert.deepEqual(
    [config.heartbeatTtlMs, config.heartbeatStorage, config.replicas, config.countIntervalMs],
    [30_000, "file", undefined, 15_000],
  );
  assert.deepEqual([config.metricsPrefix, config.metricsInsecure, config.shutdownTimeoutMs], ["fleet", false, 10_000]);
});

test("what a master is told is what it does", () => {
  const ca = () => "authorities";
  const config = resolveMasterOptions({
    id: "master-a",
    natsUrl: ["tls://a:1", "tls://b:2"],
    natsCa: ca,
    healthAddr: ":8080",
    heartbeatInterval: "500ms",
    heartbeatTtl: "1500ms",
    heartbeatStorage: "memory",
    replicas: 3,
    countInterval: "500ms",
    metricsPrefix: "zester",
    metricsInsecure: true,
    shutdownTimeout: "2s",
  });
  assert.deepEqual(
    [config.id, config.healthAddr, config.heartbeatTtlMs, config.heartbeatStorage, config.replicas],
    ["master-a", { host: "", port: 8080 }, 1_500, "memory", 3],
  );
  assert.deepEqual(
    [config.countIntervalMs, config.metricsPrefix, config.metricsInsecure, config.shutdownTimeoutMs],
    [500, "zester", true, 2_000],
  );
  assert.deepEqual([config.connection.servers, config.connection.ca], [["a:1", "b:2"], ca]);
});

test("the number of copies may come as a text, as from a flag, and is 1 to 5", () => {
  for (const replicas of [1, 5, "3"]) assert.deepEqual(problemsOf({ replicas }), [], String(replicas));
  const table: [unknown, string][] = [
    [0, "too few; use 1 to 5"],
    ["6", "too many; use 1 to 5"],
    [2.5, "not a whole number; use 1 to 5"],
    ["three", "not a number; use 1 to 5"],
    ["", "too few; use 1 to 5"],
  ];
  for (const [replicas, message] of table) assert.deepEqual(problemsOf({ replicas }), [`replicas: ${message}`]);
});

test("every problem is named at once, each with its option and what would be right", () => {
  assert.deepEqual(
    problemsOf({
      id: "a.b",
      natsUrl: [],
      healthAddr: "localhost",
      heartbeatInterval: "10",
      heartbeatTtl: "1h",
      heartbeatStorage: "disk",
      replicas: 9,
      countInterval: "1ms",
      metricsPrefix: "a-b",
      metricsInsecure: 1,
      shutdownTimeout: "",
      label: {},
    }).map((problem) => problem.split(":")[0]),
    [
      "countInterval",
      "healthAddr",
      "heartbeatInterval",
      "heartbeatStorage",
      "id",
      "label",
      "metricsInsecure",
      "metricsPrefix",
      "natsUrl",
      "replicas",
      "shutdownTimeout",
    ],
  );
  assert.deepEqual(problemsOf({ heartbeatStorage: "disk", id: "a.b", natsUrl: [] }), [
    'heartbeatStorage: "disk" is not a storage; use file or memory',
    'id: "a.b" cannot be a master id: 1 to 128 of a-z A-Z 0-9 _ -, beginning with a letter or digit',
    "natsUrl: no server given; write nats://host:port or tls://host:port",
  ]);
});

test("a TTL that is too short for the interval is refused", () => {
  assert.deepEqual(problemsOf({ heartbeatTtl: "29s" }), [
    "heartbeatTtl: 29s is less than three times the heartbeat interval of 10s; use 30s or more",
  ]);
});

test("a master sees the whole fleet unless it is told its partition", () => {
  assert.equal(resolveMasterOptions({}).partition, undefined);
  assert.equal(resolveMasterOptions({ partition: 0 }).partition, 0);
  assert.deepEqual(problemsOf({ partition: "" }), ["partition: not a number; use 0 to 1023"]);
});
