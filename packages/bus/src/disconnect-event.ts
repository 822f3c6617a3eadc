/**
 * Where a NATS server tells its system account of every client connection of any account that ends, some 2 to 7 ms
 * after the process at its other end was killed.
 */
export const DISCONNECT_EVENTS = "$SYS.ACCOUNT.*.DISCONNECT";

/** A client connection that has ended, as the server tells it. */
export interface DisconnectEvent {
  /** Name that the client gave its connection; empty if it gave none. */
  readonly clientName: string;
  /** Why it ended, in the server's words: `Client Closed`, `Stale Connection`, `Server Shutdown`, …; empty if not told. */
  readonly reason: string;
  /** When it ended by the server's clock, in ms since the epoch; `undefined` if not told. */
  readonly endedAt: number | undefined;
}

/** An event has a kilobyte, and some more with a login by JWT, which is repeated in it. */
const MAX_BYTES = 65_536;

const decoder = new TextDecoder();

/** Reads the payload of an event; `undefined` for what is none. Never throws. */
export function decodeDisconnectEvent(payload: Uint8Array): DisconnectEvent | undefined {
  if (payload.length > MAX_BYTES) return undefined;
  const event = membersOf(parseJson(payload));
  const client = membersOf(event?.["client"]);
  if (!event || !client) return undefined;
  const endedAt = Date.parse(textOf(client["stop"]));
  return {
    clientName: textOf(client["name"]),
    reason: textOf(event["reason"]),
    endedAt: Number.isNaN(endedAt) ? undefined : endedAt,
  };
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
