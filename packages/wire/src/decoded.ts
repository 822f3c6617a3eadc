/**
 * Why bytes from the wire were not taken: `empty`; `oversize`, longer than the record may be; `encoding`, not
 * MessagePack or cut off; `schema`, not a map, nested too deep, or a field of the wrong type; `key`, under a key that
 * cannot be a peel's.
 */
export type MalformedReason = "empty" | "oversize" | "encoding" | "schema" | "key";

export const MALFORMED_REASONS: readonly MalformedReason[] = ["empty", "oversize", "encoding", "schema", "key"];

/** The outcome of decoding. Decoders are total: they never throw. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: MalformedReason };
