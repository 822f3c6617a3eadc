// What a start does not load, it does not wait for: the first beat of a peel comes after all that it has loaded.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { setUpBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { factsBucketSpec, heartbeatBucketSpec } from "@fleet/wire";
import { connectSession } from "../integration/bus-session.ts";
import { startDaemon } from "./daemon-process.ts";
import { PATIENCE, runFleet } from "./fleet-command.ts";
import { type LoadedModules, readLoadedModules, recordLoadedModules } from "./loaded-modules.ts";

/** Runs a program and tells what it had loaded when it ended. */
async function loadedBy(run: (environment: Readonly<Record<string, string>>) => Promise<void>): Promise<LoadedModules> {
  const directory = await mkdtemp(join(tmpdir(), "fleet-loaded-"));
  try {
    await run(recordLoadedModules(directory));
    return await readLoadedModules(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function assertLoaded(loaded: ReadonlySet<string>, names: readonly string[]): void {
  assert.deepEqual(
    names.filter((name) => !loaded.has(name)),
    [],
    `loaded were: ${[...loaded].join(" ")}`,
  );
}

function assertNotLoaded(loaded: ReadonlySet<string>, names: readonly string[]): void {
  assert.deepEqual(
    names.filter((name) => loaded.has(name)),
    [],
  );
}

const commandsOf = ({ own }: LoadedModules) => [...own].filter((path) => path.startsWith("cli/dist/commands/"));

test("a peel that beats has loaded neither what only others need nor what nobody has asked for", async () => {
  await using server = await startTestServer();
  await using session = await connectSession({ urls: [server.url] });
  // Without a bucket for its facts it beats, and goes on starting.
  await setUpBucket(session.connection, heartbeatBucketSpec({ ttlMs: 30_000, storage: "memory" }));
  const loaded = await loadedBy(async (environment) => {
    await using peel = startDaemon("peel", "p", { "nats-url": server.url, "log-level": "debug" }, { environment });
    await peel.untilLogged("this peel can be pinged");
    peel.signal("SIGTERM");
    assert.equal((await peel.command.ended).code, 0);
  });
  assertLoaded(loaded.packages, ["commander", "nats", "pino", "prom-client", "zod"]);
  assertNotLoaded(loaded.packages, ["@opentelemetry/api", "find-my-way", "picocolors", "pino-pretty", "yaml"]);
  assert.deepEqual(commandsOf(loaded), ["cli/dist/commands/peel-run.js"]);
  assertLoaded(loaded.own, ["ops/dist/operations-server.js", "presence/dist/heartbeat-publisher.js"]);
  assertNotLoaded(loaded.own, ["ops/dist/operations-app.js", "presence/dist/index.js", "master/dist/index.js"]);
});

test("what answers probes is loaded once the peel has started, before anybody asks: its files may be gone by then", async () => {
  await using server = await startTestServer();
  await using session = await connectSession({ urls: [server.url] });
  await setUpBucket(session.connection, heartbeatBucketSpec({ ttlMs: 30_000, storage: "memory" }));
  await setUpBucket(session.connection, factsBucketSpec);
  const loaded = await loadedBy(async (environment) => {
    await using peel = startDaemon("peel", "p", { "nats-url": server.url, "log-level": "debug" }, { environment });
    await peel.untilLogged("operations endpoints loaded");
    peel.signal("SIGTERM");
    assert.equal((await peel.command.ended).code, 0);
  });
  assertLoaded(loaded.packages, ["find-my-way"]);
});

test("a question is asked without a log, metrics, or a format that is not wanted", async () => {
  const loaded = await loadedBy(async (environment) => {
    const { code, stderr } = await runFleet(["peel", "list", "--nats-url", "nats://127.0.0.1:1"], { environment });
    assert.equal(code, 1, stderr);
  });
  assertLoaded(loaded.packages, ["commander", "nats", "zod"]);
  assertNotLoaded(loaded.packages, ["find-my-way", "ksuid", "pino", "pino-pretty", "prom-client", "yaml"]);
  assert.deepEqual(commandsOf(loaded), ["cli/dist/commands/peel-list.js"]);
});

test("what was not loaded is there when it is asked for", async () => {
  const loaded = await loadedBy(async (environment) => {
    const flags = { "nats-url": "nats://127.0.0.1:1", "log-format": "text" };
    await using peel = startDaemon("peel", "p", flags, { environment });
    const url = await eventually(() => {
      const [, address] = /operations server listening.*"address":"([^"]+)"/.exec(peel.command.stdout) ?? [];
      assert.ok(address, peel.command.stdout + peel.command.stderr);
      return `http://${address}`;
    }, PATIENCE);
    const answers = await Promise.all(["/healthz", "/metrics", "/info"].map((path) => fetch(url + path)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
    peel.signal("SIGTERM");
    assert.equal((await peel.command.ended).code, 0);
  });
  assertLoaded(loaded.packages, ["find-my-way", "pino-pretty"]);
});
