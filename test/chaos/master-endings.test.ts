// A master that dies or stops: another one writes the roster, and what it then says is right.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import type { DaemonProcess } from "../end-to-end/daemon-process.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { type Holding, untilHeld } from "../end-to-end/lease-holdings.ts";
import { readRosterTerms } from "../end-to-end/lease-records.ts";
import { type Fleet, LEASE_TTL_MS, startFleetOf, TTL_MS, untilPingable, untilSeen } from "./fleet.ts";
import { readHistory, untilHistory } from "./roster-history.ts";

/** What a busy machine may add. */
const ALLOWANCE_MS = 5_000;

describe("two masters of which one publishes", () => {
  let server: RunningServer;
  let fleet: Fleet;
  let masters: DaemonProcess[];

  before(async () => {
    server = await startTestServer();
    fleet = await startFleetOf({ urls: [server.url] });
    masters = [fleet.startMaster("master-1"), fleet.startMaster("master-2")];
    fleet.startPeel("web1");
    await untilHistory(fleet.connection, "web1", ["joined"]);
    for (const master of masters) await untilSeen(master, 1);
  });
  after(async () => {
    await fleet[Symbol.asyncDispose]();
    await server.stop();
  });

  const untilOpened = ({ master }: Holding) =>
    eventually(async () => {
      const opened = (await readRosterTerms(fleet.connection)).at(-1);
      assert.equal(opened?.holder, master.id);
      return opened.term;
    }, PATIENCE);

  it("see to it that what happens while nobody publishes is written once, by the next one", async (t) => {
    const holding = await untilHeld(masters);
    await untilOpened(holding);
    const leaver = fleet.startPeel("leaver");
    const crasher = fleet.startPeel("crasher");
    for (const id of ["leaver", "crasher"]) await untilHistory(fleet.connection, id, ["joined"]);
    for (const master of masters) await untilSeen(master, 3);
    await untilPingable(fleet, "crasher");
    holding.master.signal("SIGKILL");
    const killedAt = Date.now();
    crasher.signal("SIGKILL");
    leaver.signal("SIGTERM");
    await leaver.command.ended;
    const again = fleet.startPeel("leaver");
    const next = await untilHeld(masters, holding);
    t.diagnostic(`SIGKILL: another holds the lease after ${next.from - killedAt} ms, TTL ${LEASE_TTL_MS} ms`);
    assert.ok(next.from - killedAt < LEASE_TTL_MS + 1_000 + ALLOWANCE_MS);
    await untilHistory(fleet.connection, "leaver", ["joined", "left", "returned"]);
    await untilHistory(fleet.connection, "crasher", ["joined", "crashed"]);
    t.diagnostic(`SIGKILL: the roster is right after ${Date.now() - killedAt} ms`);
    again.signal("SIGTERM");
    await untilHistory(fleet.connection, "leaver", ["joined", "left", "returned", "left"]);
    masters = masters.filter((master) => master !== holding.master);
    masters.push(fleet.startMaster("master-3"));
    for (const master of masters) await untilSeen(master, 1);
    await untilHistory(fleet.connection, "web1", ["joined"]);
  });

  it("let the one that was stopped write nothing after the other has begun, whatever it saw", async (t) => {
    const holding = await untilHeld(masters);
    const term = await untilOpened(holding);
    const peel = fleet.startPeel("late");
    await untilHistory(fleet.connection, "late", ["joined"]);
    holding.master.signal("SIGSTOP");
    const stoppedAt = Date.now();
    // What waits for it in its socket when it goes on.
    peel.signal("SIGTERM");
    const next = await untilHeld(masters, holding);
    t.diagnostic(`SIGSTOP: another holds the lease after ${next.from - stoppedAt} ms, TTL ${LEASE_TTL_MS} ms`);
    const nextTerm = await untilOpened(next);
    await untilHistory(fleet.connection, "late", ["joined", "left"]);
    const heard = holding.master.lines.length;
    holding.master.signal("SIGCONT");
    await holding.master.untilLogged("leader lease lost", heard);
    for (const master of masters) await untilSeen(master, 1);
    const again = fleet.startPeel("late");
    await untilHistory(fleet.connection, "late", ["joined", "left", "returned"]);
    await untilPingable(fleet, "late");
    again.signal("SIGKILL");
    await untilHistory(fleet.connection, "late", ["joined", "left", "returned", "crashed"]);
    const all = [...(await readHistory(fleet.connection)).values()].flat().sort((a, b) => a.revision - b.revision);
    const last = all.findLast((record) => record.term === term);
    const first = all.find((record) => record.term === nextTerm);
    assert.ok(last && first && last.revision < first.revision && last.storedAt < next.from);
    assert.ok(all.every((record, index) => record.term >= (all[index - 1]?.term ?? 0)));
    await untilHistory(fleet.connection, "web1", ["joined"]);
  });

  it("that both end and begin again have nothing to tell of those who stayed, and tell who went meanwhile", async () => {
    const gone = fleet.startPeel("gone");
    await untilHistory(fleet.connection, "gone", ["joined"]);
    for (const master of masters) master.signal("SIGTERM");
    for (const master of masters) await master.command.ended;
    gone.signal("SIGKILL");
    masters = [fleet.startMaster("master-4"), fleet.startMaster("master-5")];
    const [, expired] = await untilHistory(fleet.connection, "gone", ["joined", "expired"]);
    assert.ok(expired);
    for (const master of masters) await untilSeen(master, 1);
    await eventually(() => assert.ok(Date.now() > expired.storedAt + TTL_MS), PATIENCE);
    await untilHistory(fleet.connection, "web1", ["joined"]);
    await untilHistory(fleet.connection, "gone", ["joined", "expired"]);
  });
});

describe("two masters whose clocks are an hour apart", { concurrency: 2 }, () => {
  for (const hours of [1, -1]) {
    it(`write what happened once each when the one that is ${hours} h off dies`, async () => {
      await using server = await startTestServer();
      await using fleet = await startFleetOf({ urls: [server.url] });
      const untilWriting = (id: string) =>
        eventually(async () => assert.equal((await readRosterTerms(fleet.connection)).at(-1)?.holder, id), PATIENCE);
      const skewed = fleet.startMaster("skewed", {}, { clockLeadMs: hours * 3_600_000 });
      await untilWriting("skewed");
      const other = fleet.startMaster("other");
      await untilSeen(other, 0);
      const web1 = fleet.startPeel("web1");
      const [joined] = await untilHistory(fleet.connection, "web1", ["joined"]);
      assert.ok(joined && Math.abs(joined.since - joined.storedAt - hours * 3_600_000) < 60_000, "its clock is off");
      web1.signal("SIGTERM");
      await untilHistory(fleet.connection, "web1", ["joined", "left"]);
      const again = fleet.startPeel("web1");
      await untilHistory(fleet.connection, "web1", ["joined", "left", "returned"]);
      await untilSeen(other, 1);

      skewed.signal("SIGKILL");
      again.signal("SIGTERM");
      await untilWriting("other");
      await untilHistory(fleet.connection, "web1", ["joined", "left", "returned", "left"]);
      fleet.startPeel("web1");
      await untilHistory(fleet.connection, "web1", ["joined", "left", "returned", "left", "returned"]);
      await untilSeen(other, 1);
    });
  }
});
