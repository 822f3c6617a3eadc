import type { BucketSpec } from "./buckets.ts";
import type { Decoded } from "./decoded.ts";
import { decodeMap, encodeMap, isCount, isMissing, isOneOf, isTime, refused } from "./map-codec.ts";

/** Key = peel id, value = its last transition; keys that begin with `_` belong to the fence. */
export const ROSTER_BUCKET = "peel-presence";

/** The roster: the last transitions of every peel, for ever; `name` is that of a partition's, if it is one. */
export function rosterBucketSpec({ name = ROSTER_BUCKET }: { name?: string } = {}): BucketSpec {
  return { name, ttlMs: 0, history: 16, storage: "file" };
}

/** Longest record that is taken. */
export const ROSTER_RECORD_MAX_BYTES = 1_024;

const STATES = ["online", "offline", "conflict"] as const;
/** Why a peel can have come into its state. */
export const ROSTER_REASONS = ["joined", "returned", "left", "crashed", "expired", "conflict"] as const;

/** One transition of a peel, as the holder of the publisher lease has judged it. */
export interface RosterRecord {
  readonly state: (typeof STATES)[number];
  readonly reason: (typeof ROSTER_REASONS)[number];
  /** Wall time of the master that judged it, ms since the epoch. */
  readonly since: number;
  /** Session that came or went; absent for a peel of another make. */
  readonly session?: string;
  /** In a conflict, the other session. */
  readonly rival?: string;
  readonly version: string;
  readonly protocol: number;
  /** Term of the publisher that wrote it. */
  readonly term: number;
  /** One of very many that went together. */
  readonly mass?: boolean;
}

/** Writes `{state, reason, since, session?, rival?, version, protocol, term, mass?}`. */
export function encodeRosterRecord(record: RosterRecord): Uint8Array {
  const { state, reason, since, session, rival, version, protocol, term, mass } = record;
  return encodeMap({ state, reason, since: new Date(since), session, rival, version, protocol, term, mass });
}

/** Reads a record of this or a later version: unknown fields are ignored; a state or reason that is unknown is refused. */
export function decodeRosterRecord(bytes: Uint8Array): Decoded<RosterRecord> {
  const decoded = decodeMap(bytes, ROSTER_RECORD_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { state, reason, since, session, rival, version, protocol, term, mass } = decoded.value;
  if (
    !isOneOf(STATES, state) ||
    !isOneOf(ROSTER_REASONS, reason) ||
    !isTime(since) ||
    !(isMissing(session) || typeof session === "string") ||
    !(isMissing(rival) || typeof rival === "string") ||
    !(isMissing(version) || typeof version === "string") ||
    !(isMissing(protocol) || isCount(protocol)) ||
    !(isMissing(term) || isCount(term)) ||
    !(isMissing(mass) || typeof mass === "boolean")
  ) {
    return refused("schema");
  }
  return {
    ok: true,
    value: {
      state,
      reason,
      since: since.getTime(),
      ...(session && { session }),
      ...(rival && { rival }),
      version: version ?? "",
      protocol: protocol ?? 0,
      term: term ?? 0,
      ...(mass && { mass }),
    },
  };
}
