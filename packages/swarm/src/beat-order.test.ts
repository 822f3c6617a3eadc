import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { beatPhaseMs } from "@fleet/presence";
import { createBeatOrder } from "./beat-order.ts";
import { createPeelNames } from "./peel-names.ts";

const COUNT = 1_000;
const INTERVAL_MS = 10_000;

describe("the order in which peels beat", () => {
  const byNumber = createPeelNames("swarm-", COUNT);
  const { names, places, phasesMs } = createBeatOrder({ count: COUNT, names: byNumber, intervalMs: INTERVAL_MS });

  it("has each peel once, under its own name and at its own phase", () => {
    for (let number = 0; number < COUNT; number += 1) {
      const place = places[number] ?? Number.NaN;
      const id = byNumber.idOf(number);
      assert.equal(names.idOf(place), id);
      assert.equal(names.peelOf(id), place);
      assert.equal(phasesMs[place], beatPhaseMs(id, INTERVAL_MS));
    }
    assert.equal(new Set(places).size, COUNT);
    assert.equal(names.peelOf("swarm-001001"), undefined);
  });

  it("is that of their phases", () => {
    assert.deepEqual(phasesMs, Float64Array.from(phasesMs).sort());
  });
});
