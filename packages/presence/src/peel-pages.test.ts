import assert from "node:assert/strict";
import { test } from "node:test";
import { encodePeelPage, type PeelRow } from "@fleet/wire";
import { cutIntoPages, PAGE_BYTES } from "./peel-pages.ts";

/** What a message of NATS may have. */
const MAX_PAYLOAD = 1_048_576;

const row = (id: string, changes: Partial<PeelRow> = {}): PeelRow => ({
  id,
  state: "online",
  reason: "joined",
  sinceMs: 1_000_000_000,
  lastSeenMs: 9_999,
  version: "0.1.0",
  os: "linux",
  arch: "amd64",
  labels: {},
  session: "2ixx3TkmgRC7cAEe2ThqEkh9cqL",
  intervalMs: 10_000,
  clockSkewMs: -100_000,
  ...changes,
});

const head = { asOf: 0, blindness: undefined, instance: "m", answer: "a", page: 0, pages: 1, total: 0 };
const largest = (pages: readonly (readonly PeelRow[])[], wide: boolean) =>
  Math.max(...pages.map((peels) => encodePeelPage({ ...head, peels }, { wide }).length));

test("an empty list has one page", () => {
  assert.deepEqual(cutIntoPages([], { wide: false }), [[]]);
});

test("pages hold all rows in their order, and about as many bytes as they should", () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => row(`peel-${index}`));
  for (const wide of [false, true]) {
    const pages = cutIntoPages(rows, { wide });
    assert.deepEqual(pages.flat(), rows);
    const bytes = largest(pages, wide);
    assert.ok(bytes <= PAGE_BYTES + 1_000 && bytes > PAGE_BYTES / 3, `${bytes} bytes, wide ${wide}`);
  }
});

test("no page is too long for a message, whatever peels tell of themselves", () => {
  const labels = (index: number) =>
    Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`${index}-${at}${"語".repeat(50)}`, "語".repeat(256)]));
  const text = (index: number) => `${index}${"語".repeat(250)}`;
  const rows = Array.from({ length: 200 }, (_, index) =>
    row("x".repeat(128), { labels: labels(index), version: text(index), os: text(index), arch: text(index) }),
  );
  assert.ok(largest(cutIntoPages(rows, { wide: true }), true) < MAX_PAYLOAD / 2);
});
