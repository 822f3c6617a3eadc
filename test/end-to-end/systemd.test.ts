import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { PATIENCE, startFleet } from "./fleet-command.ts";
import { listenForNotify, missingForNotify } from "./notify-listener.ts";

const ANY_PORT = ["--health-addr", "127.0.0.1:0"];
const NO_BROKER = "nats://127.0.0.1:1";
const ROLES = ["peel", "master"] as const;

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-notify-"));
});
after(() => rm(folder, { recursive: true }));

/** What was told, without how often. */
function inOrder(told: readonly string[]): string[] {
  return told.filter((line) => !["WATCHDOG=1", "BARRIER=1"].includes(line));
}

/** A module with this text, to be imported. */
function moduleOf(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

describe("under systemd", { skip: missingForNotify() ?? false }, () => {
  for (const role of ROLES) {
    it(`a ${role} is ready without a broker, feeds the watchdog, and tells of its connection and its stop`, async () => {
      const socket = join(folder, `${role}.sock`);
      await using listener = await listenForNotify(socket);
      await using server = await startTestServer();
      server.kill("SIGSTOP");
      const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "1000000", FLEET_NATS_URL: server.url };
      await using daemon = startFleet([role, "run", ...ANY_PORT], { environment });
      await eventually(() => assert.ok(listener.told.includes("READY=1"), daemon.stdout), PATIENCE);
      assert.deepEqual(inOrder(listener.told), ["READY=1", "STATUS=running; not connected to NATS yet"]);
      const fed = () => listener.told.filter((line) => line === "WATCHDOG=1").length;
      await eventually(() => assert.ok(fed() >= 3), PATIENCE);
      server.kill("SIGCONT");
      await eventually(() => assert.ok(listener.told.includes("STATUS=running; connected to NATS")), PATIENCE);
      daemon.child.kill("SIGTERM");
      const { code, stdout, stderr } = await daemon.ended;
      assert.deepEqual([code, stderr], [0, ""]);
      assert.doesNotMatch(stdout, /cannot be notified|is stuck/);
      await eventually(() => assert.deepEqual(inOrder(listener.told).slice(-2), ["STOPPING=1", "STATUS=stopping"]));
    });
  }

  it("a socket in the abstract namespace is as good as one with a path", async () => {
    const socket = `@fleet-notify-${process.pid}`;
    await using listener = await listenForNotify(socket);
    await using daemon = startFleet(["peel", "run", ...ANY_PORT], {
      environment: { NOTIFY_SOCKET: socket, FLEET_NATS_URL: NO_BROKER },
    });
    await eventually(() => assert.ok(listener.told.includes("READY=1"), daemon.stdout), PATIENCE);
  });

  it("a process whose event loop hangs is no longer vouched for", async () => {
    const socket = join(folder, "hang.sock");
    await using listener = await listenForNotify(socket);
    const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "400000", FLEET_NATS_URL: NO_BROKER };
    // What a bug would do: the event loop is held for good.
    const hang = "data:text/javascript,process.on('SIGUSR2', () => { for (;;); })";
    await using daemon = startFleet(["peel", "run", ...ANY_PORT], { environment, nodeOptions: ["--import", hang] });
    await eventually(() => assert.ok(listener.told.includes("READY=1"), daemon.stdout), PATIENCE);
    daemon.child.kill("SIGUSR2");
    let seen = -1;
    await eventually(
      () => {
        const before = seen;
        seen = listener.told.length;
        assert.equal(seen, before, "still fed");
      },
      { ...PATIENCE, everyMs: 2_000 },
    );
    assert.equal(daemon.child.exitCode, null);
  });

  it("a peel whose heartbeat is stuck is no longer vouched for, though it answers", async () => {
    const socket = join(folder, "stuck.sock");
    await using listener = await listenForNotify(socket);
    const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "1234000", FLEET_NATS_URL: NO_BROKER };
    // What a bug would do, for no broker can do it: waits never end. Only the watchdog's own timer goes on.
    const stuck = `process.on("SIGUSR2", () => {
      const start = globalThis.setTimeout;
      const goesOn = (delayMs) => delayMs === 617 || delayMs <= 1;
      globalThis.setTimeout = (work, delayMs, ...rest) => start(goesOn(delayMs) ? work : () => {}, delayMs, ...rest);
    })`;
    const args = ["peel", "run", ...ANY_PORT, "--heartbeat-interval", "1s", "--heartbeat-ttl", "3s"];
    await using daemon = startFleet(args, { environment, nodeOptions: ["--import", moduleOf(stuck)] });
    await eventually(() => assert.ok(listener.told.includes("WATCHDOG=1"), daemon.stdout), PATIENCE);
    daemon.child.kill("SIGUSR2");
    await eventually(() => {
      assert.match(daemon.stdout, /"loops":\["heartbeat"\].*a loop is stuck; the watchdog is no longer fed/);
    }, PATIENCE);
    const fed = () => listener.told.filter((line) => line === "WATCHDOG=1").length;
    let seen = -1;
    await eventually(
      () => {
        const before = seen;
        seen = fed();
        assert.equal(seen, before, "still fed");
      },
      { ...PATIENCE, everyMs: 2_500 },
    );
    const [, port] = /"address":"[^"]*:(\d+)"/.exec(daemon.stdout) ?? [];
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  });
});

describe("where systemd cannot be told", () => {
  it("a peel says so once and runs", async () => {
    const environment = { NOTIFY_SOCKET: join(folder, "none.sock"), WATCHDOG_USEC: "200000", PATH: "/nowhere" };
    await using daemon = startFleet(["peel", "run", ...ANY_PORT, "--nats-url", NO_BROKER], { environment });
    await eventually(() => assert.match(daemon.stdout, /systemd cannot be notified/), PATIENCE);
    daemon.child.kill("SIGTERM");
    const { code, stdout } = await daemon.ended;
    assert.equal(code, 0);
    assert.equal(stdout.match(/systemd cannot be notified/g)?.length, 1);
    assert.match(stdout, /there is no program systemd-notify on the PATH/);
  });

  it("the program is given the socket and nothing else of the environment", async () => {
    const [program, seen] = [join(folder, "systemd-notify"), join(folder, "seen")];
    await writeFile(program, `#!/bin/sh\n{ echo "$@"; export; } >> ${seen}\n`);
    await chmod(program, 0o755);
    const environment = { NOTIFY_SOCKET: "/run/x", PATH: folder, FLEET_NATS_URL: "nats://me:s3cr3t@127.0.0.1:1" };
    await using daemon = startFleet(["peel", "run", ...ANY_PORT], { environment });
    await eventually(async () => {
      const text = await readFile(seen, "utf8");
      assert.match(text, /^READY=1 STATUS=running; not connected to NATS yet$/m);
      assert.match(text, /NOTIFY_SOCKET='?"?\/run\/x/);
      assert.doesNotMatch(text, /s3cr3t/);
    }, PATIENCE);
    daemon.child.kill("SIGTERM");
    await daemon.ended;
  });
});
