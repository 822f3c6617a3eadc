import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BeatEffect, PeelEntry, takeBeat, takeGoodbye } from "./peel-entry.ts";

const INTERVAL_MS = 10_000;

/** Hears beats of sessions, each as `session`, `seq` and the second it is heard at; gives what each changed. */
function hear(entry: PeelEntry, ...beats: readonly (readonly [string, number, number])[]): BeatEffect[] {
  return beats.map(([session, seq, atSeconds]) => {
    const beat = { sentAt: 0, version: "1.0.0", protocol: 1, session, seq, intervalMs: INTERVAL_MS };
    return takeBeat(entry, beat, atSeconds * 1_000);
  });
}

describe("a process that was stopped while its successor began", () => {
  it("is not taken for the peel when it beats once more and ends", () => {
    const entry = new PeelEntry("web1");
    assert.deepEqual(hear(entry, ["old", 7, 0], ["new", 1, 25], ["old", 8, 30]), ["first", "restarted", "outlived"]);
    assert.equal(entry.session, "new");
    assert.equal(takeGoodbye(entry, "old"), false);
    assert.deepEqual([entry.session, entry.left, entry.rival], ["new", false, undefined]);
    assert.deepEqual(hear(entry, ["new", 2, 35]), ["again"]);
    assert.equal(entry.interleaved, false);
  });

  it("is in conflict with it when both go on", () => {
    const entry = new PeelEntry("web1");
    hear(entry, ["old", 7, 0], ["new", 1, 25], ["old", 8, 30]);
    assert.deepEqual(hear(entry, ["new", 2, 35]), ["interleaved"]);
    assert.equal(entry.interleaved, true);
    assert.deepEqual([entry.session, entry.rival?.session], ["new", "old"]);
  });

  it("is the peel when the successor has fallen silent", () => {
    const entry = new PeelEntry("web1");
    hear(entry, ["old", 7, 0], ["new", 1, 25]);
    assert.deepEqual(hear(entry, ["old", 8, 30], ["old", 9, 40], ["old", 10, 50]), [
      "outlived",
      "outlived",
      "restarted",
    ]);
    assert.equal(entry.session, "old");
    assert.equal(entry.interleaved, false);
  });
});
