import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RosterRecord } from "@fleet/wire";
import type { PeelPresence } from "./presence-view.ts";
import { difference, recordOf, unwritten } from "./roster-changes.ts";
import { presenceAfter } from "./testing/presences.ts";
import { transitionOf } from "./testing/transitions.ts";
import type { Transition } from "./transition.ts";

const TTL_MS = 30_000;
const REASONS = { on: "returned", off: "crashed", conflict: "conflict" } as const;
const STATES = { on: "online", off: "offline", conflict: "conflict" } as const;

/** `on:A@20`: online with session A at second 20; `conflict:A/B@30`: beside session B. */
function transitionsOf(history: string): Transition[] {
  if (history === "") return [];
  return history.split(" ").map((change) => {
    const [, kind = "", session, , rival, second] = /^(on|off|conflict):(\w)(\/(\w))?@([\d.]+)$/.exec(change) ?? [];
    assert.ok(kind in STATES, change);
    const known = kind as keyof typeof STATES;
    const at = Number(second) * 1_000;
    return transitionOf("web1", { state: STATES[known], reason: REASONS[known], session, rival, at });
  });
}

function recordAt(history: string): RosterRecord | undefined {
  const [transition] = transitionsOf(history);
  return transition && recordOf(transition, 7);
}

const nameOf = ({ state, session, at }: Pick<Transition, "state" | "session" | "at">) =>
  `${state === "online" ? "on" : state === "offline" ? "off" : state}:${session}@${at / 1_000}`;

describe("of the transitions that a master has seen", () => {
  const table: [what: string, record: string, seen: string, expected: string][] = [
    ["all are to be written where nothing is", "", "on:A@1 off:A@2", "on:A@1 off:A@2"],
    ["none is where the last one is", "off:A@2", "on:A@1 off:A@2", ""],
    ["those after the last one written are", "on:A@1", "on:A@1 off:A@2 on:B@3", "off:A@2 on:B@3"],
    ["one written earlier by another master's account is not", "off:A@2", "on:A@1 off:A@19 on:B@20", "on:B@20"],
    ["one written later by another master's account is not", "off:A@19", "on:A@1 off:A@2 on:B@3", "on:B@3"],
    [
      "those of a session tell a crash loop apart",
      "off:B@9",
      "off:A@5 on:B@6 off:B@7 on:C@8 off:C@9",
      "on:C@8 off:C@9",
    ],
    [
      "the closest one is taken where a session comes and goes",
      "off:A@70",
      "off:A@35 on:A@40 off:A@75 on:A@80",
      "on:A@80",
    ],
    ["none is where the writer was ahead of this master", "on:B@20", "on:A@1 off:A@21", ""],
    ["those long after are, whatever the record is of", "off:Z@2", "on:A@1 off:A@35", ""],
    ["another session long after is", "on:Z@2", "on:A@1 on:B@35", "on:B@35"],
    ["a conflict is the same whoever was first", "conflict:A/B@9", "on:A@1 on:B@10 conflict:B/A@12 on:B@40", "on:B@40"],
  ];
  for (const [what, record, seen, expected] of table) {
    it(`${what}: ${record || "nothing"} of ${seen}`, () => {
      const rest = unwritten(transitionsOf(seen), recordAt(record), { ttlMs: TTL_MS, beganAt: 0 });
      assert.equal(rest.map(nameOf).join(" "), expected.replaceAll(/\/\w/g, ""));
    });
  }

  it("all that came after the record are to be written by a master that began after it", () => {
    const rest = unwritten(transitionsOf("on:B@10 off:B@12"), recordAt("off:A@4"), { ttlMs: TTL_MS, beganAt: 5_000 });
    assert.equal(rest.map(nameOf).join(" "), "on:B@10 off:B@12");
  });
});

describe("what a peel is now", () => {
  const peelOf = (history: string, changes: Partial<PeelPresence> = {}) => {
    const [transition] = transitionsOf(history);
    assert.ok(transition);
    return presenceAfter(transition, changes);
  };
  const table: [what: string, peel: PeelPresence, record: string, expected: string][] = [
    ["is news where nothing is written", peelOf("on:A@5"), "", "on:A@5 joined"],
    ["is none where it is gone and nothing was written", peelOf("off:A@5"), "", "nothing"],
    ["is none where it is written", peelOf("on:A@5"), "on:A@1", "nothing"],
    ["is news in another session", peelOf("on:B@5"), "on:A@1", "on:B@5 returned"],
    ["is news where it was gone", peelOf("on:A@5"), "off:A@1", "on:A@5 returned"],
    ["is news where it is gone", peelOf("off:A@5"), "on:A@1", "off:A@5 crashed"],
    ["is no news where it is gone by another session's account", peelOf("off:A@5"), "off:B@1", "nothing"],
    ["is news where it is in conflict", peelOf("conflict:A/B@5"), "on:A@1", "conflict:A@5 conflict"],
    ["is no news where the other one was first", peelOf("conflict:A/B@5"), "conflict:B/A@1", "nothing"],
    ["is no news where its beat is late", peelOf("on:A@5", { state: "late" }), "on:A@1", "nothing"],
    [
      "is no news where its beat is late in a conflict",
      peelOf("on:A@5", { state: "late" }),
      "conflict:A/B@1",
      "nothing",
    ],
    [
      "is news where it was gone and its beat is late",
      peelOf("on:A@5", { state: "late" }),
      "off:A@1",
      "on:A@5 returned",
    ],
    ["is never written as of before the record", peelOf("on:A@5"), "off:A@9", "on:A@9 returned"],
  ];
  for (const [what, peel, record, expected] of table) {
    it(`${what}: ${record || "no record"}, ${expected}`, () => {
      const change = difference(peel, recordAt(record));
      assert.equal(change ? `${nameOf(change)} ${change.reason}` : "nothing", expected);
    });
  }
});
