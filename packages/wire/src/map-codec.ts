import { Decoder, Encoder } from "@msgpack/msgpack";
import type { Decoded, MalformedReason } from "./decoded.ts";
import { scanMessage } from "./message-scan.ts";

/** A record as it lies on the wire: a map with string keys. */
export type WireMap = { readonly [key: string]: unknown };

// Both are re-entrant only between calls; every call here is synchronous, so one of each serves the process.
const encoder = new Encoder({ ignoreUndefined: true });
const canonicalEncoder = new Encoder({ ignoreUndefined: true, sortKeys: true });
const decoder = new Decoder();

/** Encodes a map; members that are `undefined` are left out, `Date` becomes the timestamp extension. */
export function encodeMap(map: WireMap): Uint8Array {
  return encoder.encode(map);
}

/** Encodes a map with its keys sorted at every level: equal maps give equal bytes. */
export function encodeCanonicalMap(map: WireMap): Uint8Array {
  return canonicalEncoder.encode(map);
}

/** Decodes a map of at most `maxBytes`. */
export function decodeMap(bytes: Uint8Array, maxBytes: number): Decoded<WireMap> {
  if (bytes.length === 0) return refused("empty");
  if (bytes.length > maxBytes) return refused("oversize");
  const flaw = scanMessage(bytes);
  if (flaw) return refused(flaw);
  let value: unknown;
  try {
    value = decoder.decode(bytes);
  } catch {
    return refused("encoding");
  }
  return isWireMap(value) ? { ok: true, value } : refused("schema");
}

/** Whether a decoded value is a map, not a list, timestamp, binary or scalar. */
export function isWireMap(value: unknown): value is WireMap {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a field was left out; writers in Go send nil for what they never set. */
export function isMissing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Whether a field holds a whole number that can count something. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Whether a field holds a time; a timestamp can hold one that no clock shows, which is none. */
export function isTime(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

/** Whether a field holds one of these words. */
export function isOneOf<T extends string>(words: readonly T[], value: unknown): value is T {
  return (words as readonly unknown[]).includes(value);
}

export function refused(reason: MalformedReason): Decoded<never> {
  return { ok: false, reason };
}
