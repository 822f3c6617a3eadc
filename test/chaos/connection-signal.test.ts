// What the system account adds: a crash is known from the end of its connection, not from a late beat.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createSystemLogin, renderSystemAccount } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { startFleetOf, untilPingable } from "./fleet.ts";
import { untilHistory } from "./roster-history.ts";

/** Long enough that no late beat can tell of a crash as quickly. */
const TIMING = { "heartbeat-interval": "5s", "heartbeat-ttl": "30s" };
const LATE_BEAT_MS = 6_000;

describe("a master that may listen to the system account", () => {
  it("tells a peel that is killed as crashed before its beat can be late", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-system-account-"));
    t.after(() => rm(folder, { recursive: true }));
    const passwordFile = join(folder, "password");
    const login = createSystemLogin();
    await writeFile(passwordFile, login.password, { mode: 0o600 });
    await using server = await startTestServer({ config: renderSystemAccount(login) });
    await using fleet = await startFleetOf({ urls: [server.url] });
    fleet.startMaster("master-1", { ...TIMING, "nats-sys-user": login.user, "nats-sys-password-file": passwordFile });
    const peel = fleet.startPeel("web1", TIMING);
    await untilHistory(fleet.connection, "web1", ["joined"]);
    await untilPingable(fleet, "web1");
    peel.signal("SIGKILL");
    const killedAt = Date.now();
    const [, crashed] = await untilHistory(fleet.connection, "web1", ["joined", "crashed"]);
    const tookMs = (crashed?.since ?? Number.NaN) - killedAt;
    t.diagnostic(`crashed: told after ${tookMs} ms`);
    assert.ok(tookMs < LATE_BEAT_MS - 1_500, `${tookMs} ms`);
  });
});
