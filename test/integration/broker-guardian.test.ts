import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { startGuardian } from "@fleet/broker";
import { resolveTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";

/** Runs JavaScript in a Node.js of its own and gives back the first line it prints, as JSON. */
async function runOwner<T>(script: string, argument: string): Promise<{ owner: ChildProcess; told: T }> {
  const args = ["--input-type=module", "-e", script, argument];
  const owner = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: owner.stdout })) return { owner, told: JSON.parse(line) as T };
  throw new Error("the owner ended without a word");
}

function startSleeper(): ChildProcess {
  return spawn("sleep", ["600"], { stdio: "ignore", detached: true });
}

/** Whether a process runs; one that is dead and waits for its parent to notice does not. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

const OWNER_SCRIPT = `
  import { startGuardian, startServer } from "@fleet/broker";
  const guardian = await startGuardian();
  const server = await startServer({ path: process.argv[1], guardian });
  console.log(JSON.stringify({ server: server.pid, storeDir: server.storeDir, guardian: guardian.pid }));
`;

describe("a guardian", () => {
  it("kills the server and removes its store when its owner is killed", async () => {
    const { path } = await resolveTestServer();
    type Told = { server: number; storeDir: string; guardian: number };
    const { owner, told } = await runOwner<Told>(OWNER_SCRIPT, path);
    assert.equal(await isRunning(told.server), true);
    assert.equal(existsSync(told.storeDir), true);

    owner.kill("SIGKILL");
    await eventually(async () => {
      assert.equal(await isRunning(told.server), false);
      assert.equal(existsSync(dirname(told.storeDir)), false);
      assert.equal(await isRunning(told.guardian), false);
    });
  });

  it("cleans up as well when its owner just ends", async () => {
    const script = `
      import { startGuardian, startServer } from "@fleet/broker";
      const server = await startServer({ path: process.argv[1], guardian: await startGuardian() });
      console.log(JSON.stringify({ server: server.pid, storeDir: server.storeDir }));
      process.exit(0);
    `;
    const { path } = await resolveTestServer();
    const { told } = await runOwner<{ server: number; storeDir: string }>(script, path);
    await eventually(async () => {
      assert.equal(await isRunning(told.server), false);
      assert.equal(existsSync(dirname(told.storeDir)), false);
    });
  });

  it("does not keep its owner alive", async () => {
    const script = `
      import { startGuardian } from "@fleet/broker";
      const guardian = await startGuardian();
      console.log(JSON.stringify({ guardian: guardian.pid }));
    `;
    const { owner, told } = await runOwner<{ guardian: number }>(script, "");
    await eventually(async () => {
      assert.equal(owner.exitCode, 0);
      assert.equal(await isRunning(told.guardian), false);
    });
  });

  it("touches nothing that was released, and nothing at all after it was closed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-guardian-"));
    const sleeper = startSleeper();
    const { pid } = sleeper;
    assert.ok(pid);
    try {
      const guardian = await startGuardian();
      guardian.guard(pid);
      guardian.guardFolder(folder);
      await Promise.all([guardian.close(), guardian.close()]);
      assert.equal(await isRunning(guardian.pid), false);
      assert.equal(await isRunning(pid), true);
      assert.equal(existsSync(folder), true);

      const [released, kept] = [join(folder, "released"), join(folder, "kept with space")];
      for (const path of [released, kept]) await mkdir(path);
      await writeFile(join(kept, "file"), "x");
      const script = `
        import { startGuardian } from "@fleet/broker";
        const { pid, released, kept } = JSON.parse(process.argv[1]);
        const guardian = await startGuardian();
        guardian.guard(pid);
        guardian.guardFolder(released);
        guardian.guardFolder(kept);
        guardian.release(pid);
        guardian.releaseFolder(released);
        console.log("{}");
      `;
      await runOwner(script, JSON.stringify({ pid, released, kept }));
      await eventually(() => assert.equal(existsSync(kept), false));
      assert.equal(existsSync(released), true);
      assert.equal(await isRunning(pid), true);
    } finally {
      sleeper.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("kills every process that it guards", async () => {
    const sleepers = [startSleeper(), startSleeper()];
    const pids = sleepers.map((sleeper) => sleeper.pid);
    const script = `
      import { startGuardian } from "@fleet/broker";
      const guardian = await startGuardian();
      for (const pid of JSON.parse(process.argv[1])) guardian.guard(pid);
      console.log("{}");
    `;
    await runOwner(script, JSON.stringify(pids));
    await eventually(() => {
      for (const sleeper of sleepers) assert.equal(sleeper.signalCode, "SIGKILL");
    });
  });

  it("says so when it is lost, and its owner goes on", async () => {
    const reasons: string[] = [];
    const guardian = await startGuardian({ onLost: (reason) => reasons.push(reason) });
    process.kill(guardian.pid, "SIGKILL");
    await eventually(() => assert.deepEqual(reasons, ["the guardian ended with SIGKILL"]));
    guardian.guardFolder("/nowhere/at-all");
    guardian.guard(99_999_999);
    await guardian.close();
  });

  it("refuses to guard what must not be killed or removed", async () => {
    await using guardian = await startGuardian();
    for (const pid of [0, 1, -5, Number.NaN]) assert.throws(() => guardian.guard(pid), /may be killed/);
    for (const path of ["/", "relative", "/a\nb"]) assert.throws(() => guardian.guardFolder(path), /to be removed/);
  });
});
