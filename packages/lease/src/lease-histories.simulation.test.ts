import assert from "node:assert/strict";
import { test } from "node:test";
import { runHistory } from "./simulation/history.ts";
import { trueRules, wrongRules } from "./simulation/lease-rules.ts";

/** Histories tried; each follows from its seed alone. */
const HISTORIES = Number(process.env["FLEET_LEASE_HISTORIES"] ?? 20_000);
/** The one history to be tried, and shown line by line, instead. */
const ONLY_SEED = process.env["FLEET_LEASE_SEED"];
/** Histories within which every wrong rule must have shown itself. */
const HISTORIES_FOR_WRONG_RULES = 4_000;

test("never are two at work, terms only grow, and somebody holds the lease soon after the last adversity", async () => {
  if (ONLY_SEED !== undefined) {
    const { lines, violation } = runHistory(Number(ONLY_SEED), trueRules, true);
    console.log(lines.join("\n"));
    assert.equal(violation, undefined);
    return;
  }
  let terms = 0;
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    if (seed % 256 === 0) await letOthersRun();
    const outcome = runHistory(seed, trueRules);
    assert.equal(outcome.violation, undefined, `seed ${seed}: ${outcome.violation}; FLEET_LEASE_SEED=${seed} shows it`);
    terms += outcome.terms;
  }
  assert.ok(terms > 1.5 * HISTORIES, `${terms} terms in ${HISTORIES} histories are too few to show anything`);
});

/** Other tests may run in this process. */
function letOthersRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

for (const [wrong, rules] of Object.entries(wrongRules)) {
  test(`it is noticed when ${wrong}`, () => {
    for (let seed = 1; seed <= HISTORIES_FOR_WRONG_RULES; seed += 1) {
      const { violation } = runHistory(seed, rules);
      if (violation?.includes("at once")) return;
    }
    assert.fail(`not in ${HISTORIES_FOR_WRONG_RULES} histories`);
  });
}
