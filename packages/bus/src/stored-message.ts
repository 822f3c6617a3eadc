import { HEADER_KV_OPERATION, parseKeyOperation } from "@fleet/wire";
import type { BucketEntry } from "./bucket.ts";

/** A message inside a JetStream API reply. */
export interface StoredMessage {
  readonly seq: number;
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  /** Base64; absent when empty. */
  readonly data?: string;
  /** Base64 of the header block; absent when there are no headers. */
  readonly hdrs?: string;
}

export function decodeStoredMessage(key: string, message: StoredMessage): BucketEntry {
  return {
    key,
    value: new Uint8Array(Buffer.from(message.data ?? "", "base64")),
    revision: message.seq,
    operation: parseKeyOperation(headerIn(message.hdrs, HEADER_KV_OPERATION)),
    storedAt: Date.parse(message.time),
    header: (name) => headerIn(message.hdrs, name),
  };
}

/** A header's value in an encoded block: `NATS/1.0`, then `Name: value` lines. */
function headerIn(block: string | undefined, name: string): string | undefined {
  if (!block) return undefined;
  const prefix = `${name}:`;
  const line = Buffer.from(block, "base64")
    .toString("utf8")
    .split("\r\n")
    .find((text) => text.startsWith(prefix));
  return line?.slice(prefix.length).trim();
}
