// Masters and peels die at random for a minute; what the roster then says of every peel is what happened to it, exactly.
import { describe, it } from "node:test";
import { assertExactRoster } from "../chaos/struck-fleet.ts";

describe("two masters that are struck again and again, over a fleet that comes and goes", () => {
  it("lose, double and repeat nothing in the roster", (t) =>
    assertExactRoster(t, { peels: 2_000, masterBlows: 8, peelBlows: 30 }));
});
