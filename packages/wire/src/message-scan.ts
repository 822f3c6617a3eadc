import type { MalformedReason } from "./decoded.ts";

/** Deepest nesting of maps and lists that is taken: ours go three levels down, and readers of a value recurse. */
export const MAX_DEPTH = 32;

/** Values still to come at each level. One for the process: a scan is synchronous and leaves nothing behind. */
const left = new Uint32Array(MAX_DEPTH + 1);

/**
 * Walks over the bytes of one MessagePack value without making anything of them, and says why they are not to be decoded;
 * `undefined` if they may be. A decoder makes room for as many items as a list declares: a few bytes that declare
 * millions, nested, end a process for want of memory. What passes here holds every item that it declares.
 */
export function scanMessage(bytes: Uint8Array): MalformedReason | undefined {
  const end = bytes.length;
  let at = 0;
  let depth = 0;
  left[0] = 1;
  while (depth >= 0) {
    if (left[depth] === 0) {
      depth -= 1;
      continue;
    }
    left[depth] = (left[depth] ?? 0) - 1;
    const head = bytes[at];
    if (head === undefined) return "encoding";
    at += 1;
    if (head < 0x80 || head >= 0xe0) continue;

    if (head < 0xa0 || (head >= 0xdc && head <= 0xdf)) {
      const lengthBytes = head < 0xa0 ? 0 : head & 1 ? 4 : 2;
      const count = head < 0xa0 ? head & 0x0f : readUint(bytes, at, lengthBytes);
      const isMap = head < 0x90 || head >= 0xde;
      at += lengthBytes;
      const items = isMap ? count * 2 : count;
      // Worded so that the NaN of a length cut off does not pass.
      if (!(items <= end - at)) return "encoding";
      if (depth === MAX_DEPTH) return "schema";
      depth += 1;
      left[depth] = items;
      continue;
    }

    at += head < 0xc0 ? head & 0x1f : sizeAfter(head, bytes, at);
    if (!(at <= end)) return "encoding";
  }
  return at === end ? undefined : "encoding";
}

/** Bytes that follow the head byte of a value that is neither a map nor a list nor fits into its head; NaN for none such. */
function sizeAfter(head: number, bytes: Uint8Array, at: number): number {
  switch (head) {
    case 0xc0: // nil, false, true
    case 0xc2:
    case 0xc3:
      return 0;
    case 0xc4: // bin, str
    case 0xd9:
      return 1 + readUint(bytes, at, 1);
    case 0xc5:
    case 0xda:
      return 2 + readUint(bytes, at, 2);
    case 0xc6:
    case 0xdb:
      return 4 + readUint(bytes, at, 4);
    case 0xc7: // ext: its length, its type, its content
      return 2 + readUint(bytes, at, 1);
    case 0xc8:
      return 3 + readUint(bytes, at, 2);
    case 0xc9:
      return 5 + readUint(bytes, at, 4);
    case 0xcc: // uint, int
    case 0xd0:
      return 1;
    case 0xcd:
    case 0xd1:
      return 2;
    case 0xca: // float
    case 0xce:
    case 0xd2:
      return 4;
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return 8;
    case 0xd4: // fixext: its type, its content
      return 2;
    case 0xd5:
      return 3;
    case 0xd6:
      return 5;
    case 0xd7:
      return 9;
    case 0xd8:
      return 17;
  }
  return Number.NaN;
}

/** An unsigned number, its highest byte first; NaN where the bytes end before it. */
function readUint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = at; index < at + size; index += 1) value = value * 256 + (bytes[index] ?? Number.NaN);
  return value;
}
