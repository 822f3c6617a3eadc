import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { eventually } from "@fleet/runtime/testing";
import { occupyDefaultPorts } from "./default-ports.ts";
import { startDevFleet } from "./dev-fleet.ts";
import {
  childrenOf,
  type FleetCommand,
  type FleetCommandOptions,
  PATIENCE,
  processesWith,
  type RunningProcess,
  runFleet,
  startFleet,
  untilGone,
} from "./fleet-command.ts";
import { listenSilently } from "./silent-listener.ts";

const QUICK = ["--heartbeat-interval", "1s"];

/** An environment in which one member of the fleet first runs this. */
function upset(member: string, script: string): Readonly<Record<string, string>> {
  const code = `if (process.argv.includes("${member}")) { ${script} }`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
}

/** Runs `fleet dev` to its end, sees what it starts, and waits until all of that is gone. */
async function runToEnd(args: readonly string[], options: FleetCommandOptions) {
  await using _ports = await occupyDefaultPorts();
  await using fleet = startFleet(["dev", ...args], options);
  const seen = new Map<number, RunningProcess>();
  await eventually(async () => {
    for (const started of await childrenOf(fleet.pid)) seen.set(started.pid, started);
    assert.notEqual(fleet.child.exitCode, null);
  }, PATIENCE);
  await untilGone([...seen.values()]);
  return fleet.ended;
}

describe("fleet dev tells of", () => {
  it("a peel that leaves at once and of one that is killed when its time is over, and names that at the end", async () => {
    await using fleet = await startDevFleet(["--peels", "3", "--heartbeat-interval", "2s"]);
    const { command } = fleet;
    await eventually(async () => assert.equal(await fleet.gauge(), 3), PATIENCE);

    process.kill(fleet.member("peel-2").pid, "SIGTERM");
    // Its last beat is good for 4 s at least: an end that is seen before was told by the peel itself.
    await eventually(() => assert.match(command.stdout, /^peel-2 is offline$/m), { timeoutMs: 3_900 });
    await eventually(() => assert.match(command.stdout, /^peel-2 ended with exit code 0$/m), PATIENCE);
    await eventually(async () => assert.equal(await fleet.gauge(), 2), PATIENCE);

    process.kill(fleet.member("peel-3").pid, "SIGKILL");
    await eventually(() => assert.match(command.stdout, /^peel-3 is offline$/m), PATIENCE);
    // The gauge follows at the next count, after 15 s at most.
    await eventually(async () => assert.equal(await fleet.gauge(), 1), PATIENCE);
    assert.doesNotMatch(command.stdout, /^peel-1 is offline$/m);

    command.interrupt();
    const { code, stderr } = await command.ended;
    assert.deepEqual({ code, stderr }, { code: 1, stderr: "fleet: peel-3 was ended by SIGKILL\n" });
    await untilGone(fleet.processes);
    assert.equal(existsSync(fleet.folder), false);
  });
});

describe("fleet dev ends", () => {
  it("in order and with 0 at Ctrl-C, also when a process was stopped by somebody", async () => {
    await using fleet = await startDevFleet(["--peels", "2", "--verbose", ...QUICK]);
    process.kill(fleet.member("peel-1").pid, "SIGSTOP");
    fleet.command.interrupt();
    const { code, stdout, stderr } = await fleet.command.ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const stops = stdout.split("\n").filter((line) => /: (stopping|peel stopped|master stopped)/.test(line));
    // First every peel, then the master, each told by `fleet dev` and not by the terminal.
    assert.deepEqual(
      stops.slice(-2).map((line) => line.replace(/ *\| .*: /, " ")),
      ['master-1 stopping {"signal":"SIGTERM"}', "master-1 master stopped"],
    );
    assert.equal(stops.filter((line) => line.includes('stopping {"signal":"SIGTERM"}')).length, 3);
    assert.equal(stops.length, 6);
    await untilGone(fleet.processes);
    assert.equal(existsSync(fleet.folder), false);
  });

  it("at Ctrl-C while it is still coming up, at whatever point that is", async () => {
    await using _ports = await occupyDefaultPorts();
    const points: ((fleet: FleetCommand) => Promise<void>)[] = [
      // The guardian is there, and so this process hears signals.
      async ({ pid }) => assert.ok((await childrenOf(pid)).length > 0),
      async ({ pid }) => assert.ok((await childrenOf(pid)).some(({ commandLine }) => commandLine.includes("-nats-"))),
      async ({ stdout }) => assert.match(stdout, /^nats /m),
      async ({ stdout }) => assert.match(stdout, /^peel-12 /m),
      async ({ pid }) => assert.ok((await childrenOf(pid)).some(({ commandLine }) => commandLine.includes("peel run"))),
    ];
    for (const point of points) {
      await using fleet = startFleet(["dev", "--peels", "12", ...QUICK]);
      await eventually(() => point(fleet), { ...PATIENCE, everyMs: 1 });
      const processes = await childrenOf(fleet.pid);
      fleet.interrupt();
      const { code, stderr } = await fleet.ended;
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
      await untilGone(processes);
    }
  });

  it("at Ctrl-C at the very moment that the broker is found to be up", async () => {
    const code = `
      import { syncBuiltinESMExports } from "node:module";
      import http from "node:http";
      const { get } = http;
      http.get = (url, ...rest) => {
        if (String(url).endsWith("/healthz")) process.kill(process.pid, "SIGINT");
        http.get = get;
        return get(url, ...rest);
      };
      syncBuiltinESMExports();`;
    const nodeOptions = ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
    const folder = await mkdtemp(join(tmpdir(), "fleet-test-"));
    const ending = await runToEnd(QUICK, { nodeOptions, environment: { TMPDIR: folder } });
    assert.deepEqual([ending.code, ending.stderr], [0, ""]);
    assert.deepEqual(await readdir(folder), []);
    assert.deepEqual(await processesWith(folder), []);
    await rm(folder, { recursive: true });
  });

  it("at once at a second Ctrl-C, when a process takes its time, and leaves nothing behind", async () => {
    const environment = upset(
      "peel-2",
      `const { on } = process; process.on = function (name, ...rest) {
      return on.call(this, name, ...(name === "SIGTERM" ? [() => {}] : rest)); };`,
    );
    await using fleet = await startDevFleet(["--peels", "2", ...QUICK], { environment });
    fleet.command.interrupt();
    await eventually(() => assert.match(fleet.command.stdout, /^stopping …$/m), PATIENCE);
    const startedMono = performance.now();
    await eventually(() => {
      if (fleet.command.child.exitCode === null) fleet.command.interrupt();
      assert.equal(fleet.command.child.exitCode, 130);
    }, PATIENCE);
    // The process that does not heed SIGTERM would have been given 12 s.
    assert.ok(performance.now() - startedMono < 10_000);
    await untilGone(fleet.processes);
    await eventually(() => assert.equal(existsSync(fleet.folder), false), PATIENCE);
  });

  it("without leaving a process or its store behind when it is killed itself", async () => {
    await using fleet = await startDevFleet(["--peels", "2", ...QUICK]);
    assert.equal(fleet.processes.length, 5);
    fleet.command.child.kill("SIGKILL");
    await untilGone(fleet.processes);
    await eventually(() => assert.equal(existsSync(fleet.folder), false), PATIENCE);
  });
});

describe("fleet dev that cannot come up", () => {
  const fail = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    runToEnd(args, { environment });

  it("says which process ended before the fleet was complete, with its last words", async () => {
    const { code, stdout, stderr } = await fail(QUICK, upset("peel-3", `console.log("out of luck"); process.exit(7);`));
    assert.equal(code, 1);
    assert.equal(stderr, "fleet: peel-3 ended with exit code 7 before the fleet was complete\nfleet:   out of luck\n");
    assert.doesNotMatch(stdout, /PEEL ID/);
  });

  it("says that the nats-server configured cannot be run", async () => {
    for (const path of ["/nowhere/nats-server", "/etc/passwd"]) {
      const { code, stdout, stderr } = await fail([], { FLEET_NATS_SERVER: path });
      assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
      assert.match(stderr, new RegExp(`^fleet: .*FLEET_NATS_SERVER.*${path}.*\\n$`));
    }
  });

  it("says that the port asked for is taken", async () => {
    await using occupant = await listenSilently();
    const { code, stdout, stderr } = await fail(["--nats-port", String(occupant.port)]);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
    assert.match(stderr, new RegExp(`^fleet: .*port ${occupant.port} is taken.*\\n$`));
  });

  it("says that the NATS named does not answer, without its password", async () => {
    await using silent = await listenSilently();
    for (const port of [1, silent.port]) {
      const startedMono = performance.now();
      const { code, stdout, stderr } = await fail(["--nats-url", `nats://me:secret@127.0.0.1:${port}`]);
      assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
      assert.match(stderr, new RegExp(`^fleet: nats://127\\.0\\.0\\.1:${port}: .*\\n$`));
      assert.ok(performance.now() - startedMono < 20_000);
    }
  });

  it("names every wrong value at once and ends with 2", async () => {
    const args = ["--peels", "many", "--duration", "5", "--nats-port", "1", "--nats-url", "x"];
    const { code, stdout, stderr } = await runFleet(["dev", ...args]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.deepEqual(
      stderr.split("\n").map((line) => line.split(" ")[1]),
      ["--peels:", "--duration:", "--nats-port:", undefined],
    );
  });
});
