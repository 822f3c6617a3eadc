import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { FLEET_BIN, type FleetCommand, PATIENCE, runFleet, startFleet } from "./fleet-command.ts";
import { listenSilently } from "./silent-listener.ts";

const ANY_PORT = ["--health-addr", "127.0.0.1:0"];
const ROLES = ["peel", "master"] as const;

/** The lines of a log. */
function logOf({ stdout }: { readonly stdout: string }): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

function messagesOf(command: { readonly stdout: string }): unknown[] {
  return logOf(command).map(({ msg }) => msg);
}

async function untilLogged(command: FleetCommand, message: string): Promise<void> {
  await eventually(() => {
    assert.equal(command.stderr, "");
    assert.ok(messagesOf(command).includes(message), `not logged: ${message}\n${command.stdout}`);
  }, PATIENCE);
}

/** Resolves when a process that was sent SIGSTOP stands still; at once where the system does not tell. */
async function untilStopped(pid: number): Promise<void> {
  if (!existsSync("/proc/self/stat")) return;
  // The state comes after the name, which is in parentheses.
  await eventually(() => assert.match(readFileSync(`/proc/${pid}/stat`, "utf8"), /\) T /), PATIENCE);
}

for (const role of ROLES) {
  describe(`fleet ${role} run`, () => {
    it("refuses words that mean nothing, with 2", async () => {
      const { code, stdout, stderr } = await runFleet([role, "run", "now"]);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
      assert.match(stderr, /^fleet: too many arguments for 'run'/);
    });

    it("names every wrong value of every source at once, and ends with 2", async () => {
      const folder = await mkdtemp(join(tmpdir(), "fleet-test-"));
      const file = join(folder, "fleet.yaml");
      await writeFile(file, "nats_ulr: nats://127.0.0.1:4222\nheartbeat_interval: 10s\n");
      const environment = { FLEET_CONFIG: file, FLEET_HEARTBEAT_TTL: "20s", FLEET_LOG_LEVEL: "loud" };
      const { code, stdout, stderr } = await runFleet([role, "run", "--id", "a.b"], { environment });
      await rm(folder, { recursive: true });
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
      const starts = [
        `fleet: FLEET_CONFIG ${file}: unknown key "nats_ulr"; did you mean "nats_url"?`,
        'fleet: --id: "a.b" cannot be a',
        "fleet: --heartbeat-ttl (from FLEET_HEARTBEAT_TTL): 20s is less than three times the heartbeat interval of 10s",
        'fleet: --log-level (from FLEET_LOG_LEVEL): "loud" is not valid; use debug, info, warn, error',
        "",
      ];
      const lines = stderr.split("\n");
      assert.equal(lines.length, starts.length, stderr);
      for (const [index, start] of starts.entries()) assert.ok(lines[index]?.startsWith(start), stderr);
    });

    it("says which option moves a health address that is taken, and ends with 1", async () => {
      await using occupant = await listenSilently();
      const address = `127.0.0.1:${occupant.port}`;
      const ending = await runFleet([role, "run", "--health-addr", address]);
      assert.deepEqual([ending.code, ending.stderr], [1, ""]);
      const last = logOf(ending).at(-1);
      assert.deepEqual([last?.["level"], last?.["msg"]], ["ERROR", `${role} failed`]);
      assert.match(String(last?.["error"]), new RegExp(`cannot listen on ${address}: .*--health-addr`));
    });

    it("works without a broker, tells it to nobody but the log, and never the password", async () => {
      const environment = { FLEET_NATS_URL: "nats://me:se%63ret@127.0.0.1:1" };
      const args = [role, "run", "--log-level", "debug", ...ANY_PORT];
      await using daemon = startFleet(args, { environment });
      await untilLogged(daemon, "cannot connect to NATS; retrying");
      daemon.child.kill("SIGTERM");
      const ending = await daemon.ended;
      assert.deepEqual([ending.code, ending.stderr], [0, ""]);
      assert.match(ending.stdout, /nats:\/\/127\.0\.0\.1:1"/);
      assert.doesNotMatch(ending.stdout, /cret|%63/);
      const told = messagesOf(ending).filter((message) => message !== "part stopped");
      assert.deepEqual(told.slice(-2), ["stopping", `${role} stopped`]);
    });

    for (const [signal, code] of [
      ["SIGTERM", 143],
      ["SIGINT", 130],
    ] as const) {
      it(`ends at once at a second ${signal}, with ${code}`, async () => {
        await using server = await startTestServer();
        const environment = { FLEET_NATS_URL: server.url };
        await using daemon = startFleet([role, "run", ...ANY_PORT], { environment });
        await untilLogged(daemon, "connected to NATS");
        // Who does not answer is waited for: the first signal takes a while.
        server.kill("SIGSTOP");
        await untilStopped(server.pid);
        daemon.child.kill(signal);
        await untilLogged(daemon, "stopping");
        await eventually(() => {
          if (daemon.child.exitCode === null) daemon.child.kill(signal);
          assert.notEqual(daemon.child.exitCode, null);
        }, PATIENCE);
        const ending = await daemon.ended;
        assert.equal(ending.code, code);
        assert.ok(!messagesOf(ending).includes(`${role} stopped`));
      });
    }
  });
}

describe("the fleet command", () => {
  it("tells its version", async () => {
    const { code, stdout, stderr } = await runFleet(["--version"]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("gives its help to who asks for it, and to who does not know what to say", async () => {
    const asked = await runFleet(["--help"]);
    assert.deepEqual([asked.code, asked.stderr], [0, ""]);
    assert.match(asked.stdout, /^Examples:\n {2}\$ fleet dev /);
    const lost = await runFleet([]);
    assert.deepEqual([lost.code, lost.stdout, lost.stderr], [2, "", asked.stdout]);
  });

  it("says what to run where it is not built", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-test-"));
    const bin = join(folder, "bin", "fleet.js");
    await cp(FLEET_BIN, bin);
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    const { code, stdout, stderr } = await runFleet(["dev"], { bin });
    await rm(folder, { recursive: true });
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
    assert.match(stderr, /^fleet is not built yet: run `npm run build` .*\n$/);
  });
});
