import type { Decoded } from "./decoded.ts";
import { decodeMap, encodeMap, isWireMap, type WireMap } from "./map-codec.ts";

/** Longest facts record that is taken or written. */
export const FACTS_MAX_BYTES = 65_536;

/** What a peel tells of its machine: a nested map such as `{os: {name, version, arch}, network: {hostname}}`. */
export type Facts = WireMap;

export function encodeFacts(facts: Facts): Uint8Array {
  return encodeMap(facts);
}

/** Reads facts of any make. */
export function decodeFacts(bytes: Uint8Array): Decoded<Facts> {
  return decodeMap(bytes, FACTS_MAX_BYTES);
}

/** The text at a path in facts, `undefined` when there is none: `factText(facts, "os", "arch")`. */
export function factText(facts: Facts, ...path: readonly string[]): string | undefined {
  let value: unknown = facts;
  for (const step of path) {
    if (!isWireMap(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return typeof value === "string" ? value : undefined;
}
