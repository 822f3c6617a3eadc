import assert from "node:assert/strict";
import { test } from "node:test";
import { type CountedPeel, createPeelTally, sizeOf } from "./peel-tally.ts";

const peel = (changes: Partial<CountedPeel> = {}): CountedPeel => ({
  state: "online",
  version: "1",
  os: "linux",
  arch: "amd64",
  labels: {},
  ...changes,
});

function tally(by: Parameters<typeof createPeelTally>[0], peels: readonly CountedPeel[], maxGroups?: number) {
  const counted = createPeelTally(by, maxGroups);
  for (const each of peels) counted.add(each);
  const { groups, merged } = counted.groups();
  return { rows: groups.map(({ value, states }) => [value, ...states]), merged, groups };
}

test("by state every state is told, also those that no peel is in", () => {
  const { rows } = tally("state", [peel(), peel(), peel({ state: "offline" })]);
  assert.deepEqual(rows, [
    ["online", 2, 0, 0, 0],
    ["late", 0, 0, 0, 0],
    ["offline", 0, 0, 1, 0],
    ["conflict", 0, 0, 0, 0],
  ]);
});

test("by anything else the largest group comes first, and the unknown are a group", () => {
  const versions = ["1", "2", "2", undefined, "", "3"].map((version) => peel({ version }));
  const { rows, groups } = tally("version", [...versions, peel({ version: "2", state: "late" })]);
  assert.deepEqual(rows, [
    ["2", 2, 1, 0, 0],
    [undefined, 2, 0, 0, 0],
    ["1", 1, 0, 0, 0],
    ["3", 1, 0, 0, 0],
  ]);
  assert.deepEqual(groups.map(sizeOf), [3, 2, 1, 1]);
});

test("by a label the peels without it are a group, whatever the label is called", () => {
  const peels = [peel({ labels: { role: "web" } }), peel({ labels: { role: "web" } }), peel()];
  assert.deepEqual(tally("label:role", peels).rows, [
    ["web", 2, 0, 0, 0],
    [undefined, 1, 0, 0, 0],
  ]);
  assert.deepEqual(tally("label:constructor", peels).rows, [[undefined, 3, 0, 0, 0]]);
});

test("groups beyond the bound are added up in the last one", () => {
  const peels = ["a", "a", "b", "c", "d"].map((os) => peel({ os }));
  const { rows, merged } = tally("os", [...peels, peel({ os: "d", state: "offline" })], 3);
  assert.deepEqual(rows, [
    ["a", 2, 0, 0, 0],
    ["d", 1, 0, 1, 0],
    [undefined, 2, 0, 0, 0],
  ]);
  assert.equal(merged, 2);
});
