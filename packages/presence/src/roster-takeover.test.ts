import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RosterRecord } from "@fleet/wire";
import * as fc from "fast-check";
import type { PeelPresence } from "./presence-view.ts";
import { type RosterChange, recordOf } from "./roster-changes.ts";
import { RosterTakeover } from "./roster-takeover.ts";
import { presenceAfter } from "./testing/presences.ts";
import { transitionOf } from "./testing/transitions.ts";
import type { Transition } from "./transition.ts";

/*
 * Masters that judge the same things at different times, and hold the lease in turn; each may die at any point of its
 * writing. Whatever happens, in the end the roster has each transition once, in order.
 */

const TTL_MS = 30_000;
const MASTERS = 3;

/** Something that happens to the peel, and how much later each master judges it. */
interface Happening {
  readonly kind: "left" | "crashed" | "expired" | "unreachable" | "restarted" | "conflict";
  readonly afterMs: number;
  readonly delaysMs: readonly number[];
}

interface Reign {
  readonly master: number;
  readonly lastsMs: number;
  /** Of what it wrote last, so many records never arrived. */
  readonly lost: number;
  /** Time until the next one begins. */
  readonly gapMs: number;
}

const delays = (max: number) => fc.array(fc.nat({ max }), { minLength: MASTERS, maxLength: MASTERS });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("left", "restarted", "conflict"),
    afterMs: fc.nat({ max: 40_000 }),
    delaysMs: delays(500),
  }),
  fc.record({ kind: fc.constant("crashed"), afterMs: fc.nat({ max: 40_000 }), delaysMs: delays(TTL_MS - 1_000) }),
  // The session is the same before and after: only time tells one from the other.
  fc.record({
    kind: fc.constantFrom("expired", "unreachable"),
    afterMs: fc.integer({ min: TTL_MS, max: 2 * TTL_MS }),
    delaysMs: delays(2_000),
  }),
) as fc.Arbitrary<Happening>;
const reign: fc.Arbitrary<Reign> = fc.record({
  master: fc.nat({ max: MASTERS - 1 }),
  lastsMs: fc.nat({ max: 60_000 }),
  lost: fc.nat({ max: 3 }),
  gapMs: fc.nat({ max: 20_000 }),
});

/** The same story as each master judges it. */
function accountsOf(happenings: readonly Happening[]): Transition[][] {
  const accounts: Transition[][] = Array.from({ length: MASTERS }, () => []);
  let nowMs = 1_000;
  let session = 0;
  let isHere = false;
  const tell = (changes: Partial<Transition>, delaysMs: readonly number[]) => {
    accounts.forEach((account, master) => {
      const at = nowMs + (delaysMs[master] ?? 0);
      account.push(transitionOf("web1", { session: `s${session}`, ...changes, at }));
    });
    // Whoever has not judged it before the next thing happens never will.
    nowMs += Math.max(...delaysMs) + 1;
  };
  const none = Array.from({ length: MASTERS }, () => 0);
  for (const { kind, afterMs, delaysMs } of happenings) {
    nowMs += afterMs;
    if (!isHere) {
      session += 1;
      tell({ state: "online", reason: session === 1 ? "joined" : "returned" }, none);
      isHere = true;
      nowMs += 1_000;
    }
    if (kind === "left" || kind === "crashed" || kind === "expired") {
      tell({ state: "offline", reason: kind }, delaysMs);
      isHere = false;
    } else if (kind === "restarted") {
      session += 1;
      tell({ state: "online", reason: "returned" }, delaysMs);
    } else if (kind === "conflict") {
      const rival = `s${session}`;
      session += 1;
      tell({ state: "online", reason: "returned" }, delaysMs);
      tell({ state: "conflict", reason: "conflict", rival }, delaysMs);
      nowMs += TTL_MS;
      tell({ state: "online", reason: "returned" }, delaysMs);
    } else {
      tell({ state: "offline", reason: "expired" }, delaysMs);
      nowMs += TTL_MS;
      tell({ state: "online", reason: "returned" }, none);
    }
  }
  return accounts;
}

/** One master writes from `fromMs` on, until it dies; of what it wrote last, `lost` records never arrived. */
function writeReign(account: readonly Transition[], fromMs: number, { lastsMs, lost }: Reign, roster: RosterChange[]) {
  const untilMs = fromMs + lastsMs;
  const before = account.filter(({ at }) => at <= fromMs);
  const find = (nowMs: number): PeelPresence | undefined => {
    const latest = account.filter(({ at }) => at <= nowMs).at(-1);
    return latest && presenceAfter(latest);
  };
  const record = roster.at(-1);
  const records = new Map<string, RosterRecord>(record ? [["web1", recordOf(record, 1)]] : []);
  const takeover = new RosterTakeover({ ttlMs: TTL_MS, beganAt: 0, nowAt: fromMs });
  const peel = find(fromMs);
  const journal = before.length > 0 ? [["web1", before] as const] : [];
  const written = [...takeover.begin({ journal, peels: peel ? [peel] : [] }, records)];
  const settledMs = fromMs + TTL_MS;
  const write = (sinceMs: number, beforeMs: number) => {
    for (const transition of account) {
      const isNow = transition.at > sinceMs && transition.at <= beforeMs;
      if (isNow && takeover.isNew(transition)) written.push(transition);
    }
  };
  write(fromMs, Math.min(settledMs, untilMs));
  if (untilMs >= settledMs) {
    written.push(...takeover.end(() => find(settledMs)));
    write(settledMs, untilMs);
  }
  roster.push(...written.slice(0, Math.max(0, written.length - lost)));
}

const nameOf = ({ state, session }: Pick<Transition, "state" | "session">) => `${state} ${session}`;

describe("a master that takes over and had been stopped for a while", () => {
  const joined = transitionOf("web1", { session: "s1", state: "online", reason: "joined", at: 1_000 });
  const expired = transitionOf("web1", { session: "s1", state: "offline", reason: "expired", at: 60_000 });
  const records = new Map([["web1", recordOf(expired, 1)]]);
  const begin = (state: "online" | "late") => {
    const takeover = new RosterTakeover({ ttlMs: TTL_MS, beganAt: 0, nowAt: expired.at + TTL_MS + 1_000 });
    const changes = takeover.begin({ journal: [], peels: [presenceAfter(joined, { state })] }, records);
    return { takeover, changes };
  };

  it("does not take last beats that it heard late for a return", () => {
    const { takeover, changes } = begin("late");
    assert.deepEqual(changes, []);
    const again = { ...expired, at: expired.at + TTL_MS + 5_000 };
    assert.equal(takeover.isNew(again), false);
    assert.deepEqual(
      takeover.end(() => presenceAfter(again)),
      [],
    );
  });

  it("tells a return in the end if the next beat comes all the same, and at once of one that beats", () => {
    const { takeover } = begin("late");
    const late = takeover.end(() => presenceAfter(joined));
    assert.deepEqual(late.map(nameOf), ["online s1"]);
    assert.deepEqual(begin("online").changes.map(nameOf), ["online s1"]);
  });
});

describe("the roster of masters that die and take over from each other", () => {
  it("has each transition once and in order in the end", () => {
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 8 }),
        fc.array(reign, { maxLength: 8 }),
        fc.nat({ max: MASTERS - 1 }),
        (happenings, reigns, lastMaster) => {
          const accounts = accountsOf(happenings);
          const roster: RosterChange[] = [];
          let nowMs = 0;
          for (const one of reigns) {
            writeReign(accounts[one.master] ?? [], nowMs, one, roster);
            nowMs += one.lastsMs + one.gapMs;
          }
          const endMs = Math.max(nowMs, ...accounts.flat().map(({ at }) => at)) + 1;
          writeReign(
            accounts[lastMaster] ?? [],
            endMs,
            { master: lastMaster, lastsMs: 2 * TTL_MS, lost: 0, gapMs: 0 },
            roster,
          );
          assert.deepEqual(roster.map(nameOf), accounts[0]?.map(nameOf));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
