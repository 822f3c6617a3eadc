import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePeelPage, encodePeelPage, type PeelRow, type WrittenPeels } from "@fleet/wire";
import { PAGE_BYTES, PeelPageCutter } from "./peel-pages.ts";

/** What a message of NATS may have. */
const MAX_PAYLOAD = 1_048_576;

const NO_LABELS = {};

const row = (id: string, changes: Partial<PeelRow> = {}): PeelRow => ({
  id,
  state: "online",
  reason: "joined",
  sinceMs: 1_000_000_000,
  lastSeenMs: 9_999,
  version: "0.1.0",
  os: "linux",
  arch: "amd64",
  labels: NO_LABELS,
  session: "2ixx3TkmgRC7cAEe2ThqEkh9cqL",
  intervalMs: 10_000,
  clockSkewMs: -100_000,
  ...changes,
});

const head = { asOf: 0, blindness: undefined, instance: "m", answer: "a", page: 0, pages: 1, total: 0 };

function cut(rows: readonly PeelRow[], { wide }: { wide: boolean }) {
  const pages: WrittenPeels[] = [];
  let bytes = 0;
  const cutter = new PeelPageCutter({
    wide,
    onPage(page, size) {
      pages.push(page);
      bytes += size;
    },
  });
  const cuts = rows.filter((row) => cutter.add(row)).length;
  assert.equal(cuts, pages.length);
  cutter.end();
  const messages = pages.map((peels) => encodePeelPage({ ...head, peels }));
  const read = messages.map((message) => {
    const decoded = decodePeelPage(message);
    assert.ok(decoded.ok);
    return decoded.value.peels;
  });
  return { read, bytes, lengths: messages.map(({ length }) => length) };
}

test("an empty list has one page", () => {
  assert.deepEqual(cut([], { wide: false }).read, [[]]);
});

test("pages hold all rows in their order, and no more bytes than they may", () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => row(`peel-${index}`));
  for (const wide of [false, true]) {
    const { read, bytes, lengths } = cut(rows, { wide });
    assert.deepEqual(
      read.flat().map(({ id }) => id),
      rows.map(({ id }) => id),
    );
    // Numbers that are near each other take less than they could.
    const whole = lengths.reduce((sum, length) => sum + length, 0);
    assert.ok(whole < bytes && whole > bytes / 4, `${whole} of ${bytes} bytes`);
    for (const length of lengths) assert.ok(length <= PAGE_BYTES, `${length} bytes, wide ${wide}`);
    assert.equal(lengths.length, Math.ceil(bytes / PAGE_BYTES));
  }
});

test("no page is too long for a message, whatever peels tell of themselves", () => {
  const labels = (index: number) =>
    Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`${index}-${at}${"語".repeat(50)}`, "語".repeat(256)]));
  const text = (index: number) => `${index}${"語".repeat(250)}`;
  const rows = Array.from({ length: 200 }, (_, index) =>
    row("x".repeat(128), { labels: labels(index), version: text(index), os: text(index), arch: text(index) }),
  );
  assert.ok(Math.max(...cut(rows, { wide: true }).lengths) < MAX_PAYLOAD);
});
