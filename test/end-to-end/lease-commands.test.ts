import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { runFleet } from "./fleet-command.ts";
import { untilHeld, untilKnown } from "./lease-holdings.ts";
import { startMasterProcess } from "./master-process.ts";

describe("fleet lease", () => {
  it("lists no lease where there is none, and says so", async () => {
    await using server = await startTestServer();
    const environment = { FLEET_NATS_URL: server.url };
    const table = await runFleet(["lease", "list"], { environment });
    assert.deepEqual(table, { code: 0, signal: null, stdout: "", stderr: "No lease is held.\n" });
    const document = await runFleet(["lease", "list", "-o", "json"], { environment });
    assert.deepEqual(JSON.parse(document.stdout), { schema_version: 1, leases: [] });
    const nobody = await runFleet(["lease", "step-down", "publisher", "--yes"], { environment });
    assert.deepEqual([nobody.code, nobody.stdout], [1, ""]);
    assert.equal(nobody.stderr, "fleet: nobody holds the lease publisher; no lease is held\n");
  });

  it("lists the holder, and makes it step down only when that is confirmed", async () => {
    await using server = await startTestServer();
    const environment = { FLEET_NATS_URL: server.url };
    // Long enough to see that the one that stepped down stays out.
    const flags = { "nats-url": server.url, "lease-ttl": "60s" };
    await using first = startMasterProcess("master-1", flags);
    await using second = startMasterProcess("master-2", flags);
    const masters = [first, second];
    const holding = await untilHeld(masters);
    for (const master of masters) await untilKnown(master, holding);

    const table = await runFleet(["lease", "list"], { environment });
    const time = String.raw`[\d.]+m?s`;
    const row = new RegExp(`^publisher +${holding.master.id} +${holding.term} +${time} +${time} ago +${time}$`);
    const [heading, line = "", end] = table.stdout.split("\n");
    assert.match(heading ?? "", /^LEASE +HOLDER +TERM +AGE +RENEWED +LEFT$/);
    assert.match(line, row);
    assert.equal(end, "");

    const document = await runFleet(["lease", "list", "-o", "json"], { environment });
    const { leases } = JSON.parse(document.stdout);
    const [{ age_seconds, renewed_seconds, left_seconds, ...lease }] = leases;
    assert.deepEqual([leases.length, lease], [1, { name: "publisher", holder: holding.master.id, term: holding.term }]);
    assert.ok(age_seconds >= renewed_seconds && renewed_seconds >= 0);
    assert.ok(Math.abs(renewed_seconds + left_seconds - 60) < 0.01, document.stdout);

    const unconfirmed = await runFleet(["lease", "step-down", "publisher"], { environment });
    assert.deepEqual([unconfirmed.code, unconfirmed.stdout], [2, ""]);
    assert.equal(unconfirmed.stderr, "fleet: nobody is there to confirm this; add --yes\n");
    assert.equal((await untilHeld(masters)).term, holding.term);

    const { code, stdout } = await runFleet(["lease", "step-down", "publisher", "--yes"], { environment });
    assert.deepEqual([code, stdout], [0, `${holding.master.id} has stepped down from publisher.\n`]);
    const next = await untilHeld(masters, holding);
    assert.notEqual(next.master, holding.master);
    const ended = await holding.master.untilLogged("leader lease ending");
    assert.deepEqual([ended.level, ended["reason"]], ["INFO", "stepped-down"]);
    await holding.master.untilLogged("leader lease released");
    await untilKnown(holding.master, next);
  });
});
