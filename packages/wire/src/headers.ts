/** Kind of a bucket message that is not a put; absent on a put. */
export const HEADER_KV_OPERATION = "KV-Operation";
/** On a delete marker: the session that said goodbye. */
export const HEADER_SESSION = "Fleet-Session";

/** What a message in a bucket does to its key; read from {@link HEADER_KV_OPERATION}. */
export type KeyOperation = "put" | "delete" | "purge";

/** The operation named by the header's value; anything unknown counts as a put, as NATS clients have it. */
export function parseKeyOperation(header: string | undefined): KeyOperation {
  if (header === "DEL") return "delete";
  if (header === "PURGE") return "purge";
  return "put";
}
