import type { Decoded } from "./decoded.ts";
import { decodeMap, encodeMap, isCount, isMissing, refused } from "./map-codec.ts";

/** Key of a guarded bucket that holds the term of its writer. */
export const TERM_KEY = "_term";

/** Key of the empty messages by which a new writer moves a guarded bucket on, beyond what its predecessor may have sent. */
export const FENCE_KEY = "_fence";

/**
 * Most writes that the writer of a guarded bucket has on their way at once, and how far a new one moves the bucket on
 * before it writes. Both are one number because the first must never exceed the second: a writer of another make
 * or version that keeps to a larger one gets through the fence of this one.
 */
export const FENCE_WINDOW = 128;

/** Longest term record that is taken. */
export const TERM_MAX_BYTES = 1_024;

/** Whose turn it is to write into a guarded bucket. */
export interface TermRecord {
  /** Greater than every term before it. */
  readonly term: number;
  /** Who writes, for people to read. */
  readonly holder?: string;
}

/** Writes `{term, holder?}`. */
export function encodeTerm(record: TermRecord): Uint8Array {
  return encodeMap({ term: record.term, holder: record.holder });
}

/** Reads a term record. Unlike other records it has no default: without a term it says nothing. */
export function decodeTerm(bytes: Uint8Array): Decoded<TermRecord> {
  const decoded = decodeMap(bytes, TERM_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { term, holder } = decoded.value;
  if (!isCount(term) || !(isMissing(holder) || typeof holder === "string")) return refused("schema");
  return { ok: true, value: { term, ...(holder && { holder }) } };
}
