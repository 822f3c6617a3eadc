import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isPeelId } from "@fleet/wire";
import { createPeelNames } from "./peel-names.ts";

describe("the names of simulated peels", () => {
  it("have six digits at least and sort by number", () => {
    const { idOf } = createPeelNames("swarm-", 1_500);
    assert.equal(idOf(0), "swarm-000001");
    assert.equal(idOf(1_499), "swarm-001500");
    assert.equal(createPeelNames("x", 2_000_000).idOf(0), "x0000001");
    assert.ok(isPeelId(idOf(7)));
  });

  it("lead back to the peel, and only those of the swarm", () => {
    const { idOf, peelOf } = createPeelNames("swarm-", 20);
    for (let peel = 0; peel < 20; peel += 1) assert.equal(peelOf(idOf(peel)), peel);
    for (const id of ["swarm-000021", "swarm-000000", "swarm-1", "other-000001", "swarm-", ""]) {
      assert.equal(peelOf(id), undefined, id);
    }
  });
});
