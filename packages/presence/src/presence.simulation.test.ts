import assert from "node:assert/strict";
import { test } from "node:test";
import { playHistory } from "./testing/simulation/presence-history.ts";

/** Histories tried; each follows from its seed alone. */
const HISTORIES = Number(process.env["FLEET_PRESENCE_HISTORIES"] ?? 150);
/** The one history to be tried, and shown line by line, instead. */
const ONLY_SEED = process.env["FLEET_PRESENCE_SEED"];

test("whatever happens to peels, broker and observer, nobody who is here is told gone, and in the end all is told as it is", async () => {
  if (ONLY_SEED !== undefined) {
    const { lines, violation } = await playHistory(Number(ONLY_SEED));
    console.log(lines.join("\n"));
    assert.equal(violation, undefined);
    return;
  }
  let told = 0;
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const outcome = await playHistory(seed);
    assert.equal(
      outcome.violation,
      undefined,
      `seed ${seed}: ${outcome.violation}; FLEET_PRESENCE_SEED=${seed} shows it`,
    );
    told += outcome.told.length;
  }
  assert.ok(told > 10 * HISTORIES, `${told} transitions in ${HISTORIES} histories are too few to show anything`);
});

test("a jump of the observer's wall clock changes nothing that is told", async () => {
  for (let seed = 1; seed <= HISTORIES / 10; seed += 1) {
    const [jumping, steady] = [await playHistory(seed), await playHistory(seed, { jumps: false })];
    assert.deepEqual(jumping.told, steady.told, `seed ${seed}`);
  }
});
