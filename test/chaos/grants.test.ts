// Logins that are refused or may not do what is needed: said clearly, and tried again until it works.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { metricsOf } from "../end-to-end/daemon-metrics.ts";
import type { DaemonProcess, LogLine } from "../end-to-end/daemon-process.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { changeSettings, reloadSettings } from "../integration/bus-session.ts";
import { checkOf, startFleetOf, untilSeen } from "./fleet.ts";
import { untilHistory } from "./roster-history.ts";

const BEATS = "$KV.peel-heartbeat.web1";
const WRONG = "password: not-yet";

/** An administrator, and a peel that may do all it has to but beat, and whose password is another. */
const USERS = `authorization { users: [
  { user: admin, password: pw }
  { user: web1, ${WRONG}, permissions: {
    publish: ["$KV.peel-heartbeat.other", "$KV.facts.web1", "$JS.API.DIRECT.GET.KV_facts.$KV.facts.web1", "fleet.peel.web1.>"]
    subscribe: ["_INBOX_web1.>", "fleet.peel.web1.>"]
  } }
] }`;

/** Waits until a daemon's log has a line of at least a warning with this in it. */
function untilWarned(daemon: DaemonProcess, text: string): Promise<LogLine> {
  return eventually(() => {
    const line = daemon.lines.find(
      (each) => ["WARN", "ERROR"].includes(each.level) && JSON.stringify(each).includes(text),
    );
    assert.ok(line, `${daemon.id} has not warned of ${text}\n${daemon.command.stdout}`);
    return line;
  }, PATIENCE);
}

describe("a peel whose login is refused, and that then may not beat", () => {
  it("says which, stays up, and joins as soon as it may", async () => {
    await using server = await startTestServer({ config: USERS });
    const urlOf = (user: string) => server.url.replace("nats://", `nats://${user}:pw@`);
    await using fleet = await startFleetOf({ urls: [urlOf("admin")] });
    const master = fleet.startMaster("master-1");
    await untilSeen(master, 0);
    const peel = fleet.startPeel("web1", { "nats-url": urlOf("web1") });

    await eventually(async () => assert.equal((await checkOf(peel, "nats")).status, "down"), PATIENCE);
    await untilWarned(peel, "uthoriz");
    await changeSettings(server, WRONG, "password: pw");
    reloadSettings(server);
    await eventually(async () => assert.equal((await checkOf(peel, "nats")).status, "ok"), PATIENCE);
    await untilWarned(peel, BEATS);
    await eventually(async () => {
      const failed = (await metricsOf(peel)).get('peel_heartbeats_total{result="failed"}') ?? 0;
      assert.ok(failed > 3, `tried again: ${failed} failures`);
    }, PATIENCE);
    await untilSeen(master, 0);

    await changeSettings(server, "$KV.peel-heartbeat.other", BEATS);
    reloadSettings(server);
    await untilHistory(fleet.connection, "web1", ["joined"]);
    await untilSeen(master, 1);
    assert.ok(!peel.command.stdout.includes("pw@"), "the password is not in the log");
  });
});
