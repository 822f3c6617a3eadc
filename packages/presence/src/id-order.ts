/** What has an id. */
export interface Identified {
  readonly id: string;
}

/** Characters of an id that a key holds, each of 7 bits, above the place of its row. */
const CHARACTERS = 6;
const PLACE_BITS = 22;
const MAX_ROWS = 2 ** PLACE_BITS;
const ASCII = 0x7f;
/** So few are in order sooner without keys. */
const FEW = 16;
/** Where the two halves of a number of 64 bits are, in units of 32. */
const [LOW, HIGH] = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? ([0, 1] as const) : ([1, 0] as const);

/**
 * Puts rows in the order of their ids, by UTF-16 units as `<` does, and gives them; of those with the same id only the last: a peel that
 * is forgotten and comes back while its list is made is found twice, first as it was and then as it is.
 *
 * Comparing ids is most of what a long list costs, since each is somewhere else in memory. Here each is looked at once, where it came:
 * what follows the characters that all have in common becomes a number, and numbers are sorted; only those with the same number
 * are looked at again.
 */
export function orderById<Row extends Identified>(rows: readonly Row[]): Row[] {
  const ordered = [...rows];
  const hasTwins = orderRange(ordered, 0, ordered.length);
  return hasTwins ? ordered.filter(({ id }, at) => id !== ordered[at + 1]?.id) : ordered;
}

/** Orders the rows from `from` to before `to`; gives whether two have the same id. */
function orderRange(rows: Identified[], from: number, to: number): boolean {
  const count = to - from;
  if (count <= FEW) return insert(rows, from, to);
  const skip = commonLength(rows, from, to);
  const keys = count <= MAX_ROWS ? keysOf(rows, from, to, skip) : undefined;
  if (!keys) return compareAll(rows, from, to);
  new BigUint64Array(keys.buffer).sort();
  const before = rows.slice(from, to);
  let hasTwins = false;
  let start = from;
  for (let at = 0; at < count; at += 1) {
    const low = keys[2 * at + LOW] as number;
    rows[from + at] = before[low % MAX_ROWS] as Identified;
    const isLast = at + 1 === count;
    if (!isLast && keys[2 * at + HIGH] === keys[2 * at + 2 + HIGH]) {
      const next = keys[2 * at + 2 + LOW] as number;
      if (low >>> PLACE_BITS === next >>> PLACE_BITS) continue;
    }
    // From `start` on all have the same key.
    const end = from + at + 1;
    if (end - start > 1) hasTwins = orderTied(rows, start, end, skip) || hasTwins;
    start = end;
  }
  return hasTwins;
}

/** Orders rows of which the characters of one key are the same. */
function orderTied(rows: Identified[], from: number, to: number, skip: number): boolean {
  const isWhole = (rows[from]?.id.length ?? 0) < skip + CHARACTERS;
  return isWhole || orderRange(rows, from, to);
}

/** How many characters all these ids begin with. */
function commonLength(rows: readonly Identified[], from: number, to: number): number {
  const first = rows[from]?.id ?? "";
  let common = first.length;
  for (let row = from + 1; row < to; row += 1) {
    const { id } = rows[row] as Identified;
    let at = 0;
    while (at < common && id.charCodeAt(at) === first.charCodeAt(at)) at += 1;
    common = at;
  }
  return common;
}

/**
 * For each row a number of 64 bits: its id's characters from `skip` on, 0 for those that it does not have, and its place. `undefined` where
 * characters are not of ASCII.
 */
function keysOf(
  rows: readonly Identified[],
  from: number,
  to: number,
  skip: number,
): Uint32Array<ArrayBuffer> | undefined {
  const keys = new Uint32Array(2 * (to - from));
  for (let row = from; row < to; row += 1) {
    const { id } = rows[row] as Identified;
    let [first, last] = [0, 0];
    for (let at = skip; at < skip + CHARACTERS; at += 1) {
      let code = 0;
      if (at < id.length) {
        code = id.charCodeAt(at);
        if (code === 0 || code > ASCII) return undefined;
      }
      if (at < skip + 4) first = first * 128 + code;
      else last = last * 128 + code;
    }
    const place = row - from;
    keys[2 * place + HIGH] = first * 16 + (last >>> 10);
    keys[2 * place + LOW] = (last & 0x3ff) * MAX_ROWS + place;
  }
  return keys;
}

/** Orders a few rows; gives whether two have the same id. */
function insert(rows: Identified[], from: number, to: number): boolean {
  let hasTwins = false;
  for (let next = from + 1; next < to; next += 1) {
    const row = rows[next] as Identified;
    let at = next;
    while (at > from && (rows[at - 1] as Identified).id > row.id) {
      rows[at] = rows[at - 1] as Identified;
      at -= 1;
    }
    rows[at] = row;
    if (at > from && rows[at - 1]?.id === row.id) hasTwins = true;
  }
  return hasTwins;
}

/** Orders rows by comparing their ids. */
function compareAll(rows: Identified[], from: number, to: number): boolean {
  const ordered = rows.slice(from, to).sort((one, other) => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0));
  for (const [at, row] of ordered.entries()) rows[from + at] = row;
  return ordered.some(({ id }, at) => id === ordered[at - 1]?.id);
}
