import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { createRosterJournal } from "./roster-journal.ts";
import { transitionOf } from "./testing/transitions.ts";

const MINUTE_MS = 60_000;

describe("a journal of transitions", () => {
  const namesOf = (journal: ReturnType<typeof createRosterJournal>) =>
    [...journal.entries()].map(([id, transitions]) => `${id}: ${transitions.map(({ reason }) => reason).join(" ")}`);

  it("has what happened to each peel, in order", () => {
    const journal = createRosterJournal(createFakeClock());
    journal.add(transitionOf("web1"));
    journal.add(transitionOf("web2"));
    journal.add(transitionOf("web1", { reason: "left", state: "offline" }));
    assert.deepEqual(namesOf(journal).sort(), ["web1: joined left", "web2: joined"]);
  });

  it("forgets what is five minutes old, unless the peel has changed since", async () => {
    const clock = createFakeClock();
    const journal = createRosterJournal(clock);
    journal.add(transitionOf("web1"));
    journal.add(transitionOf("web2"));
    await clock.advance(3 * MINUTE_MS);
    journal.add(transitionOf("web1", { reason: "crashed", state: "offline" }));
    await clock.advance(3 * MINUTE_MS);
    journal.add(transitionOf("web3"));
    assert.deepEqual(namesOf(journal).sort(), ["web1: joined crashed", "web3: joined"]);
  });

  it("keeps as many of one peel as the roster does", () => {
    const journal = createRosterJournal(createFakeClock());
    for (let count = 0; count < 40; count += 1) journal.add(transitionOf("web1", { session: `s${count}` }));
    const [[, transitions] = []] = [...journal.entries()];
    assert.deepEqual([transitions?.length, transitions?.at(-1)?.session], [16, "s39"]);
  });

  it("leaves out those of a whole fleet that joins, and takes what else happens to them", () => {
    const journal = createRosterJournal(createFakeClock());
    for (let index = 0; index < 60_000; index += 1) journal.add(transitionOf(`web${index}`));
    assert.equal([...journal.entries()].length, 50_000);
    journal.add(transitionOf("web59999", { reason: "left", state: "offline" }));
    assert.equal(namesOf(journal).at(-1), "web59999: left");
  });

  it("knows nothing of a peel that is forgotten", () => {
    const journal = createRosterJournal(createFakeClock());
    journal.add(transitionOf("web1"));
    journal.forget("web1");
    assert.deepEqual(namesOf(journal), []);
  });
});
