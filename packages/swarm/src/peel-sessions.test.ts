import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createSessionId } from "@fleet/runtime";
import { createPeelSessions } from "./peel-sessions.ts";

describe("the sessions of simulated peels", () => {
  it("differ for every peel and life, and look like the one they are made from", () => {
    const session = createSessionId();
    const { textOf, bytesOf } = createPeelSessions(session);
    const made = new Set<string>();
    for (let peel = 0; peel < 200; peel += 1) {
      for (let life = 0; life < 70; life += 1) made.add(textOf(peel, life));
    }
    assert.equal(made.size, 200 * 70);
    for (const text of made) assert.match(text, new RegExp(`^${session.slice(0, 17)}[0-9A-Za-z]{10}$`));
    assert.equal(Buffer.from(bytesOf(1_999_999, 14_000_000)).toString(), textOf(1_999_999, 14_000_000));
    assert.notEqual(textOf(1_999_999, 14_000_000), textOf(1_999_998, 14_000_000));
  });

  it("sort by life", () => {
    const { textOf } = createPeelSessions(createSessionId());
    const lives = Array.from({ length: 5_000 }, (_, life) => textOf(7, life));
    assert.deepEqual([...lives].sort(), lives);
  });
});
