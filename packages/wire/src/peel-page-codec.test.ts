import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import { PeelColumns } from "./peel-columns.ts";
import { decodePeelPage, encodePeelPage, type PeelPage } from "./peel-page-codec.ts";
import type { PeelRow } from "./peel-row.ts";

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

const written = ({ peels, ...head }: PeelPage, { wide }: { wide: boolean }): Uint8Array => {
  const columns = new PeelColumns({ maxBytes: 1_000_000, wide });
  for (const row of peels) columns.add(row);
  return encodePeelPage({ ...head, peels: columns.take() });
};

const taken = (bytes: Uint8Array): PeelPage => {
  const decoded = decodePeelPage(bytes);
  assert.ok(decoded.ok, `refused: ${decoded.ok || decoded.reason}`);
  return decoded.value;
};

/** The page with some of its fields as somebody else might write them. */
function tamper(changes: Record<string, unknown>): Uint8Array {
  return encode({ ...(decode(written(PAGE, { wide: true })) as object), ...changes });
}

test("a page comes back as it was, with all of it where that is wanted", () => {
  assert.deepEqual(taken(written(PAGE, { wide: true })), PAGE);
  const [first, second] = PAGE.peels;
  const narrow = { ...first, session: undefined, intervalMs: undefined, clockSkewMs: undefined };
  assert.deepEqual(taken(written(PAGE, { wide: false })).peels, [narrow, second]);
  const blind = { ...PAGE, blindness: "disconnected", peels: [] };
  assert.deepEqual(taken(written(blind, { wide: false })), blind);
});

test("what peels have in common stands on a page once", () => {
  const version = "9.9.9-of-which-there-is-one";
  const labels = { role: "the-only-one" };
  const peels = Array.from({ length: 100 }, (_, index) => ({ id: `p${index}`, ...NOTHING_KNOWN, version, labels }));
  const text = Buffer.from(written({ ...PAGE, peels }, { wide: false })).toString("latin1");
  assert.equal(text.split(version).length, 2);
  assert.equal(text.split(labels.role).length, 2);
  assert.ok(text.length < 100 * 10, `${text.length} bytes`);
});

test("columns of a later version are ignored, and those that an earlier one does not write are unknown", () => {
  assert.deepEqual(taken(tamper({ battery: [1, 2] })), PAGE);
  const all = decode(written(PAGE, { wide: true })) as Record<string, unknown>;
  const spared = "since_ago seen_ago versions os archs labels session_lengths sessions intervals skews".split(" ");
  assert.ok(spared.every((name) => all[name] instanceof Uint8Array));
  assert.deepEqual(taken(tamper(Object.fromEntries(spared.map((name) => [name, undefined])))).peels, [
    { id: "web-1", ...NOTHING_KNOWN, state: "online", reason: "returned" },
    { id: "web-2", ...NOTHING_KNOWN },
  ]);
});

test("texts come back as they were, whatever their characters", () => {
  const ids = ["\ufeffmarked", "語", "a\nb", "💡", "x".repeat(128)];
  const peels = ids.map((id) => ({ ...NOTHING_KNOWN, id, session: `${id}${id}` }));
  const back = taken(written({ ...PAGE, peels }, { wide: true })).peels;
  assert.deepEqual(
    back.map(({ id, session }) => [id, session]),
    ids.map((id) => [id, `${id}${id}`]),
  );
  // Half of a character is none, and must not take the page with it.
  const halves = ["💡".slice(0, 1), "💡".slice(1)].map((session) => ({ ...NOTHING_KNOWN, id: "a", session }));
  assert.equal(taken(written({ ...PAGE, peels: halves }, { wide: true })).peels.length, 2);
});

test("columns can be taken more than once", () => {
  const columns = new PeelColumns({ maxBytes: 200, wide: true });
  const rows = (PAGE.peels[0] ? [PAGE.peels[0], ...PAGE.peels] : []).map((row, at) => ({ ...row, id: `p${at}` }));
  for (const row of rows) {
    columns.add(row);
    const { answer, page, pages, total } = PAGE;
    const bytes = encodePeelPage({ ...PAGE, answer, page, pages, total, peels: columns.take() });
    assert.deepEqual(taken(bytes).peels, [row]);
  }
});

test("columns say when they are full", () => {
  const columns = new PeelColumns({ maxBytes: 1_000, wide: false });
  let rows = 0;
  while (!columns.isFull) {
    rows += 1;
    columns.add({ ...NOTHING_KNOWN, id: `p${rows}` });
  }
  assert.ok(rows > 20 && rows < 40, `${rows} rows`);
  assert.equal(columns.take().rows, rows);
  assert.equal(columns.isFull, false);
});

test("a page of an answer that is still being made does not say how long that is", () => {
  const begun = { ...PAGE, pages: undefined, total: undefined };
  assert.deepEqual(taken(written(begun, { wide: true })), begun);
});

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
/** A column of numbers as it is written. */
const numbers = (width: number, least: number, ...rows: readonly number[]) =>
  Uint8Array.of(width, ...new Uint8Array(Float64Array.of(least).buffer), ...rows);

const flawed: Record<string, Record<string, unknown>> = {
  "no time": { as_of: "now" },
  "no count of pages": { pages: -1 },
  "no count of peels": { total: "many" },
  "ids that are no bytes": { ids: ["web-1", "web-2"] },
  "ids that are no JSON": { ids: new TextEncoder().encode('["web-1",') },
  "ids that are no list": { ids: json({ length: 2 }) },
  "fewer ids than rows": { ids: json(["web-1"]) },
  "an id that is no text": { ids: json(["web-1", 2]) },
  "a row without an id": { ids: json(["web-1", ""]) },
  "no ids": { ids: undefined },
  "no states": { states: undefined },
  "no reasons": { reasons: undefined },
  "fewer states than ids": { states: Uint8Array.of(1, 0) },
  "a state that there is not": { states: Uint8Array.of(1, 0, 4) },
  "fewer reasons than ids": { reasons: Uint8Array.of(1, 0) },
  "a reason that there is not": { reasons: Uint8Array.of(1, 6, 254) },
  "states that are no bytes": { states: [0, 2] },
  "a column of nothing": { states: new Uint8Array() },
  "codes of three bytes": { states: Uint8Array.of(3, 0, 0, 0, 0, 0, 0) },
  "half a code": { states: Uint8Array.of(2, 0, 0, 0) },
  "half of the one code that all have": { states: Uint8Array.of(0, 0) },
  "a column that is too short": { seen_ago: numbers(1, 0, 1) },
  "numbers of three bytes": { seen_ago: numbers(3, 0, 1, 1, 1, 1, 1, 1) },
  "ages that are more than nothing": { since_ago: numbers(1, Number.NaN, 1, 1) },
  "half a number": { seen_ago: numbers(8, 0).subarray(0, 8) },
  "rows behind the number that all have": { seen_ago: numbers(0, 0, 1, 2) },
  "a column that is none": { versions: 7 },
  "a place that there is not": { versions: Uint8Array.of(1, 0, 4) },
  "fewer places than rows": { os: Uint8Array.of(1, 1) },
  "a table that is none": { texts: [1, 2, 3] },
  "a label that is no text": { label_sets: [{ role: 1 }, {}] },
  "an age that is none": { since_ago: numbers(0, Number.POSITIVE_INFINITY) },
  "ages that are none": {
    since_ago: numbers(8, 0, ...new Uint8Array(Float64Array.of(1, Number.NEGATIVE_INFINITY).buffer)),
  },
  "sessions without their lengths": { session_lengths: undefined },
  "sessions that are shorter than they say": { session_lengths: Uint8Array.of(1, 2, 1) },
  "sessions that are longer than they say": { session_lengths: Uint8Array.of(1, 1, 0) },
};
for (const [name, changes] of Object.entries(flawed)) {
  test(`a page with ${name} is refused`, () => {
    assert.deepEqual(decodePeelPage(tamper(changes)), { ok: false, reason: "schema" });
  });
}
