// `fleet swarm run` as a user runs it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { PATIENCE, runFleet, startFleet } from "./fleet-command.ts";

interface Report {
  readonly schema_version: number;
  readonly configuration: Readonly<Record<string, number>>;
  readonly beats: Readonly<Record<string, number>>;
  readonly peels: Readonly<Record<string, number>>;
  readonly now: Readonly<Record<string, number>>;
}

function assertAddsUp({ beats }: Report): void {
  const { due = 0, retried = 0, sent, lost = 0, unsent = 0, acknowledged = 0, failed = 0 } = beats;
  assert.equal(due + retried, (sent ?? 0) + lost + unsent, JSON.stringify(beats));
  assert.equal(sent, acknowledged + failed, JSON.stringify(beats));
}

describe("fleet swarm run", () => {
  it("simulates a fleet for a while, and tells what became of every beat on stdout and all else on stderr", async () => {
    await using server = await startTestServer();
    const options = ["--peels", "500", "--interval", "1s", "--duration", "5s", "-o", "json"];
    const { code, stdout, stderr } = await runFleet(["swarm", "run", "--nats-url", server.url, ...options]);
    assert.equal(code, 0, stderr);
    const report: Report = JSON.parse(stdout);
    assertAddsUp(report);
    assert.equal(report.schema_version, 1);
    assert.deepEqual(report.configuration, {
      peels: 500,
      connections: 2,
      interval_seconds: 1,
      ttl_seconds: 3,
      seed: 1,
    });
    assert.deepEqual(
      { ...report.peels, alive: report.now["alive"] },
      { joined: 500, returned: 0, left: 0, left_without_marker: 0, crashed: 0, alive: 500 },
    );
    // The first of each, and five rounds but for what a busy machine is behind.
    const { acknowledged = 0, due = 0 } = report.beats;
    assert.ok(due >= 2_500 && acknowledged >= 500, stdout);
    assert.match(stderr, /^bucket created {2}bucket=peel-heartbeat$/m);
    assert.match(stderr, /^500 peels beat, for 5s$/m);
    assert.ok(!stderr.includes("\u001b"), "no control characters where there is no terminal");
  });

  it("says goodbye for every peel when it is interrupted, if so told, and shows a table", async () => {
    await using server = await startTestServer();
    const options = ["--peels", "200", "--interval", "1s", "--ttl", "30s", "--leave", "--prefix", "sim-"];
    await using swarm = startFleet(["swarm", "run", "--nats-url", server.url, ...options]);
    await eventually(() => assert.match(swarm.stderr, /200 peels beat, until Ctrl-C/), PATIENCE);
    swarm.interrupt();
    const { code, stdout, stderr } = await swarm.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^stopping …$/m);
    assert.match(stdout, /^peels alive +0$/m);
    assert.match(stdout, /^ {2}left, crashed +\d+, 0$/m);
    const { stdout: list } = await runFleet(["peel", "list", "--nats-url", server.url, "-o", "json"]);
    const online = (JSON.parse(list).peels as { online: boolean }[]).filter((peel) => peel.online);
    const [, left = ""] = /left, crashed +(\d+)/.exec(stdout) ?? [];
    assert.equal(online.length, 200 - Number(left));
  });

  it("fails at once without a broker, and with 2 for wrong values, all of them named", async () => {
    const nowhere = await runFleet(["swarm", "run", "--nats-url", "nats://127.0.0.1:1"]);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /^fleet: nats:\/\/127.0.0.1:1: /);
    const wrong = await runFleet(["swarm", "run", "--peels", "0", "--churn", "often", "-o", "xml", "--duration", "5"]);
    assert.equal(wrong.code, 2);
    assert.equal(wrong.stdout, "");
    for (const flag of ["--peels", "--churn", "--output", "--duration"]) {
      assert.ok(wrong.stderr.includes(`fleet: ${flag}: `), wrong.stderr);
    }
  });
});
