import type { Decoded } from "./decoded.ts";
import { decodeMap, encodeMap, isCount, isMissing, refused } from "./map-codec.ts";

/** Version of the records on the wire; 0 in a record means that its writer never set one. */
export const PROTOCOL_VERSION = 1;

/** Longest beat that is taken. */
export const HEARTBEAT_MAX_BYTES = 1_024;

/** One beat of a peel. */
export interface Heartbeat {
  /** The peel's wall clock when it wrote the beat, in ms since the epoch; 0 if it did not say. Shows skew, never liveness. */
  readonly sentAt: number;
  /** Version of the agent; empty if it did not say. */
  readonly version: string;
  readonly protocol: number;
  /** KSUID of the life of the process. A peel of another make has none of these last four. */
  readonly session?: string;
  /** Counts the beats of a session, from 1. */
  readonly seq?: number;
  /** Time the peel means to let pass between two beats. */
  readonly intervalMs?: number;
  /** The peel has answered its own ping on this connection, so it may be probed. */
  readonly ping?: boolean;
}

/** Writes `{ts, version, protocol, session?, seq?, interval_ms?, ping?}`. */
export function encodeHeartbeat(beat: Heartbeat): Uint8Array {
  return encodeMap({
    ts: new Date(beat.sentAt),
    version: beat.version,
    protocol: beat.protocol,
    session: beat.session,
    seq: beat.seq,
    interval_ms: beat.intervalMs,
    ping: beat.ping,
  });
}

/**
 * Reads a beat of any make: unknown fields are ignored, missing ones have defaults; nil, zero and the empty text are
 * missing, because writers in Go send them for what they never set. A number that nobody can mean (negative, not
 * finite, not whole where it counts something) is refused like one of the wrong type.
 */
export function decodeHeartbeat(bytes: Uint8Array): Decoded<Heartbeat> {
  const decoded = decodeMap(bytes, HEARTBEAT_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { ts, version, protocol, session, seq, interval_ms: intervalMs, ping } = decoded.value;
  if (
    !(isMissing(ts) || ts instanceof Date) ||
    !(isMissing(version) || typeof version === "string") ||
    !(isMissing(protocol) || isCount(protocol)) ||
    !(isMissing(session) || typeof session === "string") ||
    !(isMissing(seq) || isCount(seq)) ||
    !(isMissing(intervalMs) || isSpan(intervalMs)) ||
    !(isMissing(ping) || typeof ping === "boolean")
  ) {
    return refused("schema");
  }
  const beat = {
    sentAt: timeOf(ts),
    version: version ?? "",
    protocol: protocol ?? 0,
    session: session || undefined,
    seq: seq || undefined,
    intervalMs: intervalMs || undefined,
    ping: ping ?? undefined,
  };
  return { ok: true, value: heartbeatOf(beat) };
}

/**
 * A beat without the members that are `undefined`. Of beats in bulk, spreads are the greater part of the work; nearly all have all
 * members, or all but `ping`, and are made at once.
 */
export function heartbeatOf(parts: { readonly [Name in keyof Heartbeat]-?: Heartbeat[Name] | undefined }): Heartbeat {
  const { sentAt = 0, version = "", protocol = 0, session, seq, intervalMs, ping } = parts;
  if (session !== undefined && seq !== undefined && intervalMs !== undefined) {
    return ping === undefined
      ? { sentAt, version, protocol, session, seq, intervalMs }
      : { sentAt, version, protocol, session, seq, intervalMs, ping };
  }
  const beat: { -readonly [Name in keyof Heartbeat]: Heartbeat[Name] } = { sentAt, version, protocol };
  if (session !== undefined) beat.session = session;
  if (seq !== undefined) beat.seq = seq;
  if (intervalMs !== undefined) beat.intervalMs = intervalMs;
  if (ping !== undefined) beat.ping = ping;
  return beat;
}

function isSpan(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** 0 for a time that nobody can have meant; a Go program that never set one writes the year 1. */
function timeOf(ts: Date | null | undefined): number {
  return Math.max(0, ts?.getTime() || 0);
}
