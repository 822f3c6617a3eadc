import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { type FleetCommand, PATIENCE, startFleet } from "./fleet-command.ts";

const ANY_PORT = ["--health-addr", "127.0.0.1:0"];
/** By role, what the log says once everything runs. */
const RUNNING = { peel: /"connected to NATS"/, master: /"leader lease acquired"/ };
const ROLES = ["peel", "master"] as const;

function addressOf(daemon: FleetCommand): string {
  const address = /"address":"([^"]+)"/.exec(daemon.stdout)?.[1];
  assert.ok(address, daemon.stdout);
  return address;
}

function lastLine({ stdout }: { readonly stdout: string }): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "{}");
}

for (const role of ROLES) {
  describe(`a ${role} that is stopped while the broker hangs`, () => {
    it("is not ready any more, serves its health to the last, and ends by itself in time", async () => {
      await using server = await startTestServer();
      const environment = { FLEET_NATS_URL: server.url };
      // A peel is ready once it has written its key, and only a master makes the bucket for that.
      await using _master = role === "peel" ? startFleet(["master", "run", ...ANY_PORT], { environment }) : undefined;
      await using daemon = startFleet([role, "run", ...ANY_PORT], { environment });
      await eventually(() => assert.match(daemon.stdout, RUNNING[role]), PATIENCE);
      const readyz = `http://${addressOf(daemon)}/readyz`;
      await eventually(async () => assert.equal((await fetch(readyz)).status, 200), PATIENCE);
      server.kill("SIGSTOP");
      daemon.child.kill("SIGTERM");
      await eventually(async () => {
        const response = await fetch(readyz);
        assert.equal(response.status, 503);
        assert.match(await response.text(), /draining/);
      });
      const { code, stdout, stderr } = await daemon.ended;
      assert.equal(stderr, "");
      const { msg, error } = lastLine({ stdout });
      // A master asks the broker to release its lease and to take its last writes, which can take all the time it has.
      if (role === "master" && code !== 0) assert.match(String(error), /^master: not stopped within 10s: /);
      else assert.deepEqual([code, msg], [0, `${role} stopped`], stdout);
    });

    it("names who did not stop within --shutdown-timeout, and ends with 1", async () => {
      await using server = await startTestServer();
      const args = [role, "run", ...ANY_PORT, "--shutdown-timeout", "500ms"];
      await using daemon = startFleet(args, { environment: { FLEET_NATS_URL: server.url } });
      await eventually(() => assert.match(daemon.stdout, RUNNING[role]), PATIENCE);
      server.kill("SIGSTOP");
      daemon.child.kill("SIGTERM");
      const ending = await daemon.ended;
      assert.deepEqual([ending.code, ending.stderr], [1, ""]);
      const { level, msg, error } = lastLine(ending);
      assert.deepEqual([level, msg], ["ERROR", `${role} failed`]);
      assert.match(String(error), new RegExp(`^${role}: not stopped within 500ms: .*nats`));
    });
  });
}

describe("a reader that has seen enough", () => {
  for (const args of [["config", "show"], ["--help"]]) {
    it(`ends "fleet ${args.join(" ")}" without a word`, async () => {
      const command = startFleet(args);
      command.child.stdout?.destroy();
      const { code, stderr } = await command.ended;
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    });
  }
});
