import assert from "node:assert/strict";
import { test } from "node:test";
import { runHistory } from "./simulation/history.ts";
import { trueRules, wrongRules } from "./simulation/lease-rules.ts";

/** Histories tried; each follows from its seed alone. */
const HISTORIES = 20_000;
/** Histories within which every wrong rule must have shown itself. */
const HISTORIES_FOR_WRONG_RULES = 4_000;
/** Another first seed tries other histories; the seed of a failure, and one history, show that one line by line. */
const FIRST_SEED = Number(process.env["FLEET_LEASE_SEED"] ?? 1);
const TRACED = process.env["FLEET_LEASE_SEED"] !== undefined && process.env["FLEET_LEASE_HISTORIES"] === "1";
const COUNT = Number(process.env["FLEET_LEASE_HISTORIES"] ?? HISTORIES);

test("never are two at work, terms only grow, and somebody holds the lease soon after the last adversity", () => {
  let terms = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed += 1) {
    const outcome = runHistory(seed, trueRules, TRACED);
    terms += outcome.terms;
    if (outcome.violation === undefined && !TRACED) continue;
    for (const line of outcome.lines) console.log(line);
    const again = `FLEET_LEASE_SEED=${seed} FLEET_LEASE_HISTORIES=1 shows it line by line`;
    assert.equal(outcome.violation, undefined, `seed ${seed}: ${outcome.violation}; ${again}`);
  }
  assert.ok(terms > 1.5 * COUNT || COUNT < 100, `only ${terms} terms in ${COUNT} histories: too few to show anything`);
});

for (const [wrong, rules] of Object.entries(wrongRules)) {
  test(`it is noticed when ${wrong}`, () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES_FOR_WRONG_RULES; seed += 1) {
      const { violation } = runHistory(seed, rules);
      if (violation?.includes("at once")) return;
    }
    assert.fail(`not in ${HISTORIES_FOR_WRONG_RULES} histories from seed ${FIRST_SEED}`);
  });
}
