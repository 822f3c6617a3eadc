// What `npm run bench:million` does with a million peels and for five minutes, at a size that any machine holds.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runFleetTrial } from "../bench/fleet-trial.ts";

const PEELS = 20_000;
const KILLED = 1_000;

describe("a fleet of 20,000 peels that beat every 10 s", () => {
  it("is counted exactly for a minute, and of it those that are killed are found and nobody else", async (t) => {
    const trial = await runFleetTrial({
      peels: PEELS,
      intervalMs: 10_000,
      rampMs: 2_000,
      steadyMs: 60_000,
      killed: KILLED,
    });
    const { samples, toldMeanwhile, toldAfterwards, killed, detectionMs, last, accounts } = trial;
    assert.ok(samples.length >= 12);
    for (const { connectedPeels, valid } of samples) assert.deepEqual([connectedPeels, valid], [PEELS, 1]);
    assert.deepEqual(toldMeanwhile, []);
    assert.equal(killed.length, KILLED);
    assert.deepEqual(
      toldAfterwards.map(({ id, reason }) => `${id} ${reason}`).sort(),
      killed.map((id) => `${id} expired`).sort(),
    );
    assert.equal(last.connectedPeels, PEELS - KILLED);
    assert.deepEqual([accounts.beats.failed, accounts.beats.missedTtl], [0, 0]);
    t.diagnostic(`found ${Math.round(Math.max(...detectionMs))} ms after the TTL at the latest`);
    t.diagnostic(`${Math.round(trial.beatsPerSecond)} beats/s, in the roster after ${Math.round(trial.settledMs)} ms`);
  });
});
