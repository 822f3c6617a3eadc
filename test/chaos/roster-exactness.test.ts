// What `npm test -- endurance` does for minutes with 2,000 peels, for half a minute with half of them.
import { describe, it } from "node:test";
import { assertExactRoster } from "./struck-fleet.ts";

describe("two masters that are struck a few times, over a fleet that comes and goes", () => {
  it("lose, double and repeat nothing in the roster", (t) =>
    assertExactRoster(t, { peels: 1_000, masterBlows: 3, peelBlows: 10 }));
});
