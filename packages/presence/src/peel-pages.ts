import type { PeelRow } from "@fleet/wire";

/**
 * About how many bytes of rows go on one page: small enough that encoding one takes few milliseconds and several can be under
 * way, and far below the 1 MB that a message of NATS may have even if every character takes three bytes.
 */
export const PAGE_BYTES = 131_072;
/** Of a row besides its texts that stand on each page once. */
const ROW_BYTES = 36;
/** Of what a wide row has besides. */
const WIDE_BYTES = 12;

/** Cuts a list into pages; an empty one has one page. */
export function cutIntoPages(
  rows: readonly PeelRow[],
  { wide, pageBytes = PAGE_BYTES }: { wide: boolean; pageBytes?: number },
): readonly (readonly PeelRow[])[] {
  const pages: PeelRow[][] = [];
  let page: PeelRow[] = [];
  let bytes = 0;
  let seen = new Set<unknown>();
  const once = (value: unknown, size: (value: never) => number) => {
    if (value === undefined || seen.has(value)) return;
    seen.add(value);
    bytes += size(value as never);
  };
  let before: PeelRow | undefined;
  for (const row of rows) {
    if (bytes >= pageBytes) {
      pages.push(page);
      page = [];
      bytes = 0;
      seen = new Set();
      before = undefined;
    }
    page.push(row);
    bytes += ROW_BYTES + row.id.length + (wide ? WIDE_BYTES + (row.session?.length ?? 0) : 0);
    // Most peels of a fleet are like the one before.
    if (row.version !== before?.version) once(row.version, textBytes);
    if (row.os !== before?.os) once(row.os, textBytes);
    if (row.arch !== before?.arch) once(row.arch, textBytes);
    if (row.labels !== before?.labels) once(row.labels, labelBytes);
    before = row;
  }
  pages.push(page);
  return pages;
}

function textBytes(text: string): number {
  return text.length + 4;
}

function labelBytes(labels: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(labels)) bytes += key.length + value.length + 4;
  return bytes;
}
