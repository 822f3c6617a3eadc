// The README's two programs: what they do is what it says.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { setUpBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { heartbeatBucketSpec } from "@fleet/wire";
import { connectSession } from "./bus-session.ts";

const pathOf = (name: string) => fileURLToPath(new URL(`../examples/${name}.js`, import.meta.url));

interface Program extends AsyncDisposable {
  readonly output: () => string;
  stop(): Promise<void>;
}

function startProgram(name: string, ...args: string[]): Program {
  const child = spawn(process.execPath, [pathOf(name), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    assert.deepEqual(await exit, [0, null], output);
  };
  return { output: () => output, stop, [Symbol.asyncDispose]: stop };
}

const [newest] = (await resolveTestServerVersions(["forky"])).filter(({ skip }) => !skip);

test("a process with a heartbeat of its own is seen by one that watches, until it says goodbye", {
  skip: newest ? false : "no server",
}, async () => {
  await using server = await startTestServer(newest ? { path: newest.path } : {});
  await using session = await connectSession({ urls: [server.url] });
  await setUpBucket(session.connection, heartbeatBucketSpec({ ttlMs: 30_000 }), { replicas: 1 });
  await using watcher = startProgram("watch-fleet", server.url);
  await using first = startProgram("heartbeat", "web-7", server.url);
  await using second = startProgram("heartbeat", "web-8", server.url);
  await eventually(() => assert.match(watcher.output(), /web-[78] online: joined; 2 online/));
  await first.stop();
  await eventually(() => assert.match(watcher.output(), /web-7 offline: left; 1 online/));
  await second.stop();
  await eventually(() => assert.match(watcher.output(), /web-8 offline: left; 0 online/));
});

test("the README shows these programs as they are", async () => {
  const root = new URL("../../../", import.meta.url);
  const readme = await readFile(new URL("README.md", root), "utf8");
  for (const name of ["heartbeat", "watch-fleet"]) {
    const source = await readFile(new URL(`test/examples/${name}.ts`, root), "utf8");
    const shown = source
      .split("\n")
      .filter((line) => /createHeartbeat\(|createPresence\(|for await|await heartbeat\.run/.test(line));
    assert.ok(shown.length >= 2, name);
    for (const line of shown) assert.ok(readme.includes(line.trim()), `${name}: ${line}`);
  }
});
