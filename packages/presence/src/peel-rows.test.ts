import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { listEntries } from "./listed-entry.ts";
import type { KeptFacts, ListedFacts } from "./listed-facts.ts";
import { PeelEntry } from "./peel-entry.ts";
import { peelRows } from "./peel-rows.ts";

const linux: ListedFacts = { os: "linux", arch: "amd64", version: "1.0.0", labels: { role: "web" } };

interface Kept extends KeptFacts {
  listed: ListedFacts | undefined;
}

function createScene() {
  const clock = createFakeClock();
  const entries: PeelEntry[] = [];
  const book = new Map<string, Kept>();
  let lookups = 0;
  let viewLookups = 0;
  let changes = 0;
  const view = {
    blindness: undefined,
    get(id: string) {
      viewLookups += 1;
      return entries.find((entry) => entry.id === id);
    },
    listed: () => listEntries(entries, clock.monoMs()),
  };
  const facts = {
    get: (id: string) => book.get(id)?.listed,
    kept(id: string) {
      lookups += 1;
      return book.get(id);
    },
    ids: () => book.keys(),
    get size() {
      return book.size;
    },
    get changes() {
      return changes;
    },
  };
  return {
    clock,
    entries,
    book,
    tell(id: string, kept: Kept = { listed: linux }) {
      book.set(id, kept);
      changes += 1;
    },
    drop(id: string) {
      book.delete(id);
      changes += 1;
    },
    lookups: () => lookups,
    viewLookups: () => viewLookups,
    rows: () => peelRows({ view, facts } as never, clock.wallMs()),
    read: () =>
      Array.from(peelRows({ view, facts } as never, clock.wallMs()), ({ id, os, version, lastSeenMs }) => [
        id,
        os,
        version,
        lastSeenMs,
      ]),
    add(id: string, changes: Partial<PeelEntry> = {}) {
      entries.push(Object.assign(new PeelEntry(id), { state: "online", heardMono: clock.monoMs(), ...changes }));
    },
  };
}

test("facts are looked up once for each peel, and shown as they are at the time", () => {
  const { add, tell, drop, read, lookups } = createScene();
  add("a");
  const kept: Kept = { listed: linux };
  tell("a", kept);
  read();
  assert.deepEqual([read(), lookups()], [[["a", "linux", "1.0.0", 0]], 1]);
  kept.listed = { ...linux, os: "plan9" };
  assert.deepEqual(read(), [["a", "plan9", "1.0.0", 0]]);
  // Not kept any more, and then kept anew.
  kept.listed = undefined;
  drop("a");
  assert.deepEqual(read(), [["a", undefined, undefined, 0]]);
  tell("a");
  assert.deepEqual(read(), [["a", "linux", "1.0.0", 0]]);
});

test("facts that are gone before their turn are nobody's", () => {
  const { add, book, tell, rows } = createScene();
  add("a");
  for (const id of ["asleep-1", "asleep-2"]) tell(id);
  const listed: string[] = [];
  for (const { id } of rows()) {
    listed.push(id);
    // As after a resync: whoever goes through the ids that were known before goes on with them.
    if (id === "asleep-1") book.get = () => undefined;
  }
  assert.deepEqual(listed, ["a", "asleep-1"]);
});

test("a peel of which there are facts alone is listed, whoever's facts come and go meanwhile", () => {
  const { add, tell, drop, rows } = createScene();
  for (const id of ["a", "b", "c"]) add(id);
  for (const id of ["a", "b", "asleep"]) tell(id);
  const listed: string[] = [];
  for (const { id } of rows()) {
    listed.push(id);
    // The same number of facts as before, and as many as peels were seen to have.
    if (id === "a") tell("c");
    if (id === "b") drop("a");
  }
  assert.deepEqual(listed, ["a", "b", "c", "asleep"]);
});

test("no peel is looked up for its facts when all that have some were in the view", () => {
  const { add, tell, read, viewLookups } = createScene();
  for (const id of ["a", "b"]) {
    add(id);
    tell(id);
  }
  read();
  assert.equal(viewLookups(), 0);
  tell("asleep");
  read();
  assert.equal(viewLookups(), 3);
});

test("ages are as of the beginning, and never less than nothing", async () => {
  const { clock, add, entries } = createScene();
  for (const id of ["early", "unheard", "untold", "late"]) add(id);
  const [, unheard, untold, late] = entries;
  assert.ok(unheard && untold && late);
  unheard.heardMono = Number.NEGATIVE_INFINITY;
  untold.state = undefined;
  await clock.advance(1_000);
  const listed = listEntries(entries, clock.monoMs());
  const ages = [listed.next().value?.lastBeatAgoMs];
  await clock.advance(500);
  late.heardMono = clock.monoMs() - 100;
  for (const { lastBeatAgoMs } of listed) ages.push(lastBeatAgoMs);
  assert.deepEqual(ages, [1_000, undefined, 0]);
});
