import assert from "node:assert/strict";
import { test } from "node:test";
import { isKnownBeat, PeelEntry, rivalUntilMono, takeBeat, takeGoodbye } from "./peel-entry.ts";

const INTERVAL_MS = 10_000;

/** A beat, or a goodbye, of a session at a time in seconds: `A3@20` is beat 3 of session A; `-` stands for no session. */
function play(entry: PeelEntry, history: string): string[] {
  return history.split(" ").map((event) => {
    const [, kind, name, count, second] = /^(bye:)?([A-Z-])(\d*)@([\d.]+)$/.exec(event) ?? [];
    assert.ok(name && second, event);
    const session = name === "-" ? undefined : name;
    if (kind) return takeGoodbye(entry, session) ? "left" : "ignored";
    const beat = { sentAt: 0, version: "1", protocol: 1, intervalMs: INTERVAL_MS, ping: true };
    const counted = { ...beat, ...(session && { session }), ...(count && { seq: Number(count) }) };
    return takeBeat(entry, counted, Number(second) * 1_000);
  });
}

const table: [what: string, history: string, effects: string, now: { session: string; rival?: string; left?: true }][] =
  [
    ["beats", "A1@0 A2@10 A3@20", "first again again", { session: "A" }],
    ["beats without a session", "-@0 -@10", "again again", { session: "-" }],
    ["repeats a beat that it does not know to be stored", "A1@0 A1@1", "first again", { session: "A" }],
    ["is heard twice and late", "A1@0 A2@10 A1@10.5 A2@20 A3@21", "first again stale again again", { session: "A" }],
    ["counts anew in its session", "A8@0 A9@10 A1@21 A2@31", "first again again again", { session: "A" }],
    ["restarts", "A1@0 B1@5", "first restarted", { session: "B", rival: "A" }],
    [
      "restarts, and was long ago another",
      "A1@0 B1@5 B2@15 B3@26",
      "first restarted again again",
      { session: "B", rival: "A" },
    ],
    [
      "restarts, and whose process of before goes on for a moment, long after",
      "A1@0 B1@5 B2@15 B3@26 A2@30",
      "first restarted again again outlived",
      { session: "B", rival: "A" },
    ],
    [
      "restarts, and a beat of before comes late",
      "A7@0 B1@5 A7@6",
      "first restarted stale",
      { session: "B", rival: "A" },
    ],
    ["has two processes", "A1@0 B1@5 A2@10", "first restarted interleaved", { session: "A", rival: "B" }],
    [
      "has two processes for long",
      "A1@0 B1@5 A2@10 B2@15 A3@20",
      "first restarted interleaved interleaved interleaved",
      { session: "A", rival: "B" },
    ],
    [
      "has two processes no more",
      "A1@0 B1@5 A2@10 A3@20 A4@30",
      "first restarted interleaved again again",
      { session: "A", rival: "B" },
    ],
    [
      "has two processes, one of another make",
      "A1@0 -@5 A2@10 -@15",
      "first restarted interleaved interleaved",
      { session: "-", rival: "A" },
    ],
    [
      "has an old process that beats once more",
      "A1@0 B1@5 A2@21",
      "first restarted outlived",
      { session: "B", rival: "A" },
    ],
    ["restarts twice", "A1@0 B1@5 C1@9", "first restarted restarted", { session: "C", rival: "B" }],
    [
      "has three processes",
      "A1@0 B1@3 C1@6 A2@10 B2@13 C2@16",
      "first restarted restarted interleaved interleaved interleaved",
      { session: "C", rival: "B" },
    ],
    [
      "has three processes of which two go",
      "A1@0 B1@3 C1@6 A2@10 bye:A@11 bye:C@12",
      "first restarted restarted interleaved ignored ignored",
      { session: "B" },
    ],
    ["says goodbye", "A1@0 bye:A@1", "first left", { session: "A", left: true }],
    ["says goodbye twice", "A1@0 bye:A@1 bye:A@2", "first left left", { session: "A", left: true }],
    ["of another make says goodbye", "-@0 bye:-@1", "again left", { session: "-", left: true }],
    [
      "is heard once more after its goodbye",
      "A1@0 A2@10 bye:A@11 A2@11.1",
      "first again left stale",
      { session: "A", left: true },
    ],
    ["beats on after its goodbye", "A1@0 bye:A@1 A2@10", "first left again", { session: "A" }],
    ["restarts after its goodbye", "A1@0 bye:A@1 B1@2", "first left restarted", { session: "B" }],
    ["is not ended by a stranger", "A1@0 bye:Z@1", "first ignored", { session: "A" }],
    ["is not ended by a marker that names no session", "A1@0 bye:-@1", "first ignored", { session: "A" }],
    [
      "of another make is not ended by the process before it",
      "A1@0 -@5 -@40 bye:A@41",
      "first restarted again ignored",
      { session: "-" },
    ],
    ["is not ended by the process before it", "A1@0 B1@5 bye:A@6", "first restarted ignored", { session: "B" }],
    ["ends after it restarted", "A1@0 B1@5 bye:B@6", "first restarted left", { session: "B", left: true }],
    [
      "ends after it restarted, and the one before goes on",
      "A1@0 B1@5 bye:B@6 A2@10",
      "first restarted left restarted",
      { session: "A" },
    ],
    [
      "has two processes of which the one heard last goes",
      "A1@0 B1@5 A2@10 bye:A@11",
      "first restarted interleaved ignored",
      { session: "B" },
    ],
    [
      "has two processes of which the other one goes",
      "A1@0 B1@5 A2@10 bye:B@11",
      "first restarted interleaved ignored",
      { session: "A" },
    ],
    [
      "has two processes that both go",
      "A1@0 B1@5 A2@10 bye:A@11 bye:B@12",
      "first restarted interleaved ignored left",
      { session: "B", left: true },
    ],
  ];

for (const [what, history, effects, now] of table) {
  test(`a peel that ${what}: ${history}`, () => {
    const entry = new PeelEntry("web1");
    assert.deepEqual(play(entry, history), effects.split(" "));
    assert.equal(entry.session ?? "-", now.session);
    assert.equal(entry.rival && (entry.rival.session ?? "-"), now.rival);
    assert.equal(entry.left, now.left ?? false);
  });
}

test("a peel is in conflict only where a session came back between two others", () => {
  const conflicts: Record<string, boolean> = {
    "A1@0 B1@5": false,
    "A1@0 B1@5 A2@10": true,
    "A1@0 -@5 A2@10": true,
    "A1@0 B1@5 A2@10 A3@20": true,
    "A1@0 B1@5 A2@10 A3@20 A4@30": false,
    "A1@0 B1@5 A2@10 C1@11": false,
    "A1@0 B1@5 bye:B@6 A2@10": false,
  };
  for (const [history, expected] of Object.entries(conflicts)) {
    const entry = new PeelEntry("web1");
    play(entry, history);
    assert.equal(entry.interleaved, expected, history);
  }
});

test("another session counts for two of the peel's own intervals", () => {
  const entry = new PeelEntry("web1");
  play(entry, "A1@0 B1@5");
  assert.equal(rivalUntilMono(entry), 2 * INTERVAL_MS);
});

test("a beat is known if it is not newer than those heard of its session", () => {
  const entry = new PeelEntry("web1");
  play(entry, "A7@0 B2@5");
  const known: [session: string | undefined, seq: number | undefined, expected: boolean][] = [
    ["B", 1, true],
    ["B", 2, true],
    ["B", 3, false],
    ["A", 7, true],
    ["A", 8, false],
    ["C", 1, false],
    ["B", undefined, false],
    [undefined, undefined, false],
  ];
  for (const [session, seq, expected] of known) {
    assert.equal(
      isKnownBeat(entry, { ...(session && { session }), ...(seq && { seq }) }),
      expected,
      `${session}${seq}`,
    );
  }
});
