import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import type { RosterRecord } from "@fleet/wire";
import { datedRecords } from "./roster-dates.ts";
import { createRosterJournal } from "./roster-journal.ts";
import type { Transition } from "./transition.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 0, 2);

function sinceOf(since: number, storedAt: number, nowAt = NOW): number | undefined {
  const record: RosterRecord = { state: "online", reason: "joined", since, version: "1", protocol: 1, term: 1 };
  const records = { byId: new Map([["web1", record]]), storedAt: new Map([["web1", storedAt]]), brokerNow: NOW };
  return datedRecords(records, nowAt).get("web1")?.since;
}

describe("the time of a record", () => {
  it("is what its writer says, as long as that is near the time at which the broker stored it", () => {
    assert.equal(sinceOf(NOW - 9_000, NOW - 5_000), NOW - 9_000);
    assert.equal(sinceOf(NOW - 4_000, NOW - 5_000, NOW + 300), NOW - 4_000);
  });

  it("is the broker's where the writer's clock is an hour off", () => {
    for (const offMs of [HOUR_MS, -HOUR_MS]) assert.equal(sinceOf(NOW - 9_000 + offMs, NOW - 5_000), NOW - 5_000);
  });

  it("is moved where the reader's own clock is", () => {
    for (const offMs of [HOUR_MS, -HOUR_MS]) {
      assert.equal(sinceOf(NOW - 9_000, NOW - 5_000, NOW + offMs), NOW - 9_000 + offMs);
    }
  });
});

describe("the journal", () => {
  it("has its transitions at the times that the clock says now, if it has jumped since", async () => {
    const clock = createFakeClock();
    const journal = createRosterJournal(clock);
    const transition = (id: string): Transition => ({
      id,
      state: "online",
      reason: "joined",
      at: clock.wallMs(),
      session: undefined,
      rival: undefined,
      version: "1",
      protocol: 1,
      mass: false,
    });
    journal.add(transition("before"));
    await clock.advance(5_000);
    const beforeJump = clock.wallMs();
    clock.jumpWall(HOUR_MS);
    journal.add(transition("after"));
    const times = Array.from(journal.entries(), ([id, [first]]) => [id, first?.at]);
    assert.deepEqual(times, [
      ["before", beforeJump + HOUR_MS - 5_000],
      ["after", beforeJump + HOUR_MS],
    ]);
  });
});
