import assert from "node:assert/strict";
import { test } from "node:test";
import { readEach } from "./labelled-reading.ts";

test("a labelled reading tells each series as of now, those that are known, in the order of the label's values", () => {
  let values: Record<string, number> = { online: 2, offline: 1 };
  const read = readEach("state", ["online", "late", "offline"], (state) => values[state]);
  const online = { labels: { state: "online" }, value: 2 };
  assert.deepEqual(read(), [online, { labels: { state: "offline" }, value: 1 }]);
  values = { late: 3 };
  assert.deepEqual(read(), [{ labels: { state: "late" }, value: 3 }]);
  values = {};
  assert.deepEqual(read(), []);
  values = { online: 2, late: 0 };
  assert.deepEqual(read(), [online, { labels: { state: "late" }, value: 0 }]);
});

test("a labelled reading gives the same objects again: a scrape makes none", () => {
  let value = 1;
  const read = readEach("lease", ["publisher"], () => value);
  const first = read();
  const [sample] = first;
  value = 2;
  assert.equal(read(), first);
  assert.equal(first[0], sample);
  assert.equal(sample?.value, 2);
});
