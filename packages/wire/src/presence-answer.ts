import type { Decoded } from "./decoded.ts";
import { FACTS_MAX_BYTES, type Facts } from "./facts-codec.ts";
import { decodeMap, encodeMap, isCount, isMissing, isOneOf, isTime, isWireMap, refused } from "./map-codec.ts";
import { type AnswerHead, answerHeadIn } from "./peel-page-codec.ts";
import type { PeelRow } from "./peel-row.ts";
import { isTextMap, PEEL_STATES } from "./presence-query.ts";
import { ROSTER_REASONS } from "./roster.ts";

/** Longest answer about one peel that is taken: with its facts. */
export const PEEL_DETAIL_MAX_BYTES: number = FACTS_MAX_BYTES + 65_536;

/** Most groups of a count that are told one by one. */
export const COUNT_GROUPS_MAX = 1_000;
const COUNT_MAX_BYTES = 1_000_000;
const FORGET_REPLY_MAX_BYTES = 1_024;

/** All that is known of one peel. */
export interface PeelDetail extends AnswerHead {
  readonly peel: PeelRow & {
    /** In a conflict, the other session. */
    readonly rival: string | undefined;
    readonly protocol: number;
    /** Count of its last beat in its session. */
    readonly seq: number | undefined;
    readonly pingable: boolean;
    /** What its state rests on, one sentence each. */
    readonly evidence: readonly string[];
  };
  readonly facts: Facts | undefined;
}

/** Peels that have one value in common. */
export interface CountGroup {
  /** `undefined`: those of which it is not known. */
  readonly value: string | undefined;
  /** How many are in each state, in the order of {@link PEEL_STATES}. */
  readonly states: readonly number[];
}

export interface CountAnswer extends AnswerHead {
  /** The largest first; beyond {@link COUNT_GROUPS_MAX} they are added up in the last one. */
  readonly groups: readonly CountGroup[];
  /** Groups that the last one stands for; 0 when all are told. */
  readonly merged: number;
}

/** Writes `{as_of, blindness?, instance, peel: {id, state, reason?, since?, last_seen_ms?, …, evidence}, facts?}`. */
export function encodePeelDetail({ peel, facts, ...head }: PeelDetail): Uint8Array {
  const { sinceMs, lastSeenMs, intervalMs, clockSkewMs, ...rest } = peel;
  return encodeMap({
    ...encodeHead(head),
    peel: {
      ...rest,
      since: sinceMs === undefined ? undefined : new Date(head.asOf - sinceMs),
      last_seen_ms: lastSeenMs,
      interval_ms: intervalMs,
      clock_skew_ms: clockSkewMs,
    },
    facts,
  });
}

export function decodePeelDetail(bytes: Uint8Array): Decoded<PeelDetail> {
  const decoded = decodeMap(bytes, PEEL_DETAIL_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const head = answerHeadIn(decoded.value);
  const { peel, facts } = decoded.value;
  if (!head || !isWireMap(peel) || !(isMissing(facts) || isWireMap(facts))) return refused("schema");
  const { id, state, reason, since, labels, protocol, pingable, evidence } = peel;
  const texts = [peel["version"], peel["os"], peel["arch"], peel["session"], peel["rival"]];
  const numbers = [peel["last_seen_ms"], peel["interval_ms"], peel["clock_skew_ms"], peel["seq"]];
  if (
    typeof id !== "string" ||
    !isOneOf(PEEL_STATES, state) ||
    !(isMissing(reason) || isOneOf(ROSTER_REASONS, reason)) ||
    !(isMissing(since) || isTime(since)) ||
    !(isMissing(labels) || isTextMap(labels)) ||
    !(isMissing(protocol) || isCount(protocol)) ||
    !(isMissing(pingable) || typeof pingable === "boolean") ||
    !(isMissing(evidence) || (Array.isArray(evidence) && evidence.every((item) => typeof item === "string"))) ||
    !texts.every((text): text is string | null | undefined => isMissing(text) || typeof text === "string") ||
    !numbers.every((number): number is number | null | undefined => isMissing(number) || typeof number === "number")
  ) {
    return refused("schema");
  }
  const [version, os, arch, session, rival] = texts.map((text) => text ?? undefined);
  const [lastSeenMs, intervalMs, clockSkewMs, seq] = numbers.map((number) => number ?? undefined);
  return {
    ok: true,
    value: {
      ...head,
      peel: {
        id,
        state,
        reason: reason ?? undefined,
        sinceMs: since ? head.asOf - since.getTime() : undefined,
        lastSeenMs,
        version,
        os,
        arch,
        labels: labels ?? {},
        session,
        rival,
        intervalMs,
        clockSkewMs,
        protocol: protocol ?? 0,
        seq,
        pingable: pingable ?? false,
        evidence: evidence ?? [],
      },
      facts: facts ?? undefined,
    },
  };
}

/** Writes `{as_of, blindness?, instance, values, states, merged?}`: `states` has a list of numbers for each of `values`. */
export function encodeCountAnswer({ groups, merged, ...head }: CountAnswer): Uint8Array {
  return encodeMap({
    ...encodeHead(head),
    values: groups.map(({ value }) => value ?? null),
    states: groups.map(({ states }) => states),
    ...(merged > 0 && { merged }),
  });
}

export function decodeCountAnswer(bytes: Uint8Array): Decoded<CountAnswer> {
  const decoded = decodeMap(bytes, COUNT_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const head = answerHeadIn(decoded.value);
  const { values, states, merged } = decoded.value;
  if (!head || !Array.isArray(values) || !Array.isArray(states) || values.length !== states.length) {
    return refused("schema");
  }
  if (!(isMissing(merged) || isCount(merged))) return refused("schema");
  const groups: CountGroup[] = [];
  for (const [at, value] of values.entries()) {
    const numbers: unknown = states[at];
    if (!(isMissing(value) || typeof value === "string")) return refused("schema");
    if (!Array.isArray(numbers) || !numbers.every(isCount)) return refused("schema");
    groups.push({ value: value ?? undefined, states: PEEL_STATES.map((_, index) => numbers[index] ?? 0) });
  }
  return { ok: true, value: { ...head, groups, merged: merged ?? 0 } };
}

/** What the master that writes the roster answers when it has forgotten a peel: its own id. */
export function encodeForgetReply(holder: string): Uint8Array {
  return encodeMap({ holder });
}

export function decodeForgetReply(bytes: Uint8Array): Decoded<string> {
  const decoded = decodeMap(bytes, FORGET_REPLY_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { holder } = decoded.value;
  return typeof holder === "string" ? { ok: true, value: holder } : refused("schema");
}

function encodeHead({ asOf, blindness, instance }: AnswerHead) {
  return { as_of: new Date(asOf), blindness, instance };
}
