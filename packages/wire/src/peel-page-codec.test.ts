import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import { decodePeelPage, encodePeelPage, type PeelPage, type PeelRow } from "./peel-page-codec.ts";

const NOTHING_KNOWN: Omit<PeelRow, "id"> = {
  state: "offline",
  reason: undefined,
  sinceMs: undefined,
  lastSeenMs: undefined,
  version: undefined,
  os: undefined,
  arch: undefined,
  labels: {},
  session: undefined,
  intervalMs: undefined,
  clockSkewMs: undefined,
};

const PAGE: PeelPage = {
  asOf: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  blindness: undefined,
  instance: "master-1",
  answer: "2ixx3TkmgRC7cAEe2ThqEkh9cqL",
  page: 1,
  pages: 3,
  total: 5_002,
  peels: [
    {
      id: "web-1",
      state: "online",
      reason: "returned",
      sinceMs: 3_600_000,
      lastSeenMs: 250,
      version: "0.1.0",
      os: "linux",
      arch: "amd64",
      labels: { role: "web" },
      session: "s1",
      intervalMs: 10_000,
      clockSkewMs: -12,
    },
    { id: "web-2", ...NOTHING_KNOWN },
  ],
};

const taken = (bytes: Uint8Array): PeelPage => {
  const decoded = decodePeelPage(bytes);
  assert.ok(decoded.ok, `refused: ${decoded.ok || decoded.reason}`);
  return decoded.value;
};

/** The page with some of its fields as somebody else might write them. */
function tamper(changes: Record<string, unknown>): Uint8Array {
  return encode({ ...(decode(encodePeelPage(PAGE, { wide: true })) as object), ...changes });
}

test("a page comes back as it was, with all of it where that is wanted", () => {
  assert.deepEqual(taken(encodePeelPage(PAGE, { wide: true })), PAGE);
  const [first, second] = PAGE.peels;
  const narrow = { ...first, session: undefined, intervalMs: undefined, clockSkewMs: undefined };
  assert.deepEqual(taken(encodePeelPage(PAGE, { wide: false })).peels, [narrow, second]);
  const blind = { ...PAGE, blindness: "disconnected", peels: [] };
  assert.deepEqual(taken(encodePeelPage(blind, { wide: false })), blind);
});

test("what peels have in common stands on a page once", () => {
  const version = "9.9.9-of-which-there-is-one";
  const labels = { role: "the-only-one" };
  const peels = Array.from({ length: 100 }, (_, index) => ({ id: `p${index}`, ...NOTHING_KNOWN, version, labels }));
  const text = Buffer.from(encodePeelPage({ ...PAGE, peels }, { wide: false })).toString("latin1");
  assert.equal(text.split(version).length, 2);
  assert.equal(text.split(labels.role).length, 2);
  assert.ok(text.length < 100 * 16, `${text.length} bytes`);
});

test("columns of a later version are ignored, and those that an earlier one does not write are unknown", () => {
  assert.deepEqual(taken(tamper({ battery: [1, 2] })), PAGE);
  const { since_ago, seen_ago, versions, os, archs, labels, sessions, intervals, skews, ...few } = decode(
    encodePeelPage(PAGE, { wide: true }),
  ) as Record<string, unknown>;
  assert.ok([since_ago, seen_ago, versions, os, archs, labels, sessions, intervals, skews].every(Array.isArray));
  assert.deepEqual(taken(encode(few)).peels, [
    { id: "web-1", ...NOTHING_KNOWN, state: "online", reason: "returned" },
    { id: "web-2", ...NOTHING_KNOWN },
  ]);
});

const flawed: Record<string, Record<string, unknown>> = {
  "no time": { as_of: "now" },
  "no count of pages": { pages: -1 },
  "an id that is no text": { ids: ["web-1", 2] },
  "fewer states than ids": { states: Uint8Array.of(0) },
  "a state that there is not": { states: Uint8Array.of(0, 4) },
  "a reason that there is not": { reasons: Uint8Array.of(6, 255) },
  "states that are no bytes": { states: [0, 2] },
  "a column that is too short": { seen_ago: [1] },
  "a column that is none": { versions: 7 },
  "a place that there is not": { versions: [0, 3] },
  "a place between two": { os: [0.5, null] },
  "a label that is no text": { label_sets: [{ role: 1 }, {}] },
  "an age that is none": { since_ago: [Number.NaN, null] },
};
for (const [name, changes] of Object.entries(flawed)) {
  test(`a page with ${name} is refused`, () => {
    assert.deepEqual(decodePeelPage(tamper(changes)), { ok: false, reason: "schema" });
  });
}
