import { intervalOf, type PeelEvidence, rivalUntilMono } from "./peel-entry.ts";
import type { PeelState, TransitionReason } from "./transition.ts";

/** What evidence comes to. */
export interface Verdict {
  readonly state: PeelState;
  /** Why it is offline; `undefined` in the other states, whose reason depends on the one before. */
  readonly reason: Extract<TransitionReason, "left" | "crashed" | "expired"> | undefined;
  /** When time alone can change it; Infinity for never. */
  readonly dueMono: number;
}

/** A beat is overdue after this many intervals. */
const LATE_INTERVALS = 1.2;
/** So often must the connection be found gone: a peel that is just changing servers is not there for a moment. */
const ABSENCES_TO_CRASH = 2;

/** When a beat is overdue. */
export function lateMono(evidence: Pick<PeelEvidence, "heardMono" | "intervalMs">, ttlMs: number): number {
  return evidence.heardMono + Math.min(LATE_INTERVALS * intervalOf(evidence), ttlMs);
}

/**
 * Judges a peel by what is known at `nowMono`, with the TTL of the fleet. Pure: it knows nothing of the observer, who must
 * not ask while he is blind.
 */
export function judge(evidence: PeelEvidence, nowMono: number, ttlMs: number): Verdict {
  if (evidence.left) return offline("left");
  const expiresMono = evidence.heardMono + ttlMs;
  if (nowMono >= expiresMono) return offline("expired");
  if (evidence.absences >= ABSENCES_TO_CRASH) return offline("crashed");
  const dueMono = lateMono(evidence, ttlMs);
  if (evidence.interleaved) {
    const untilMono = rivalUntilMono(evidence);
    if (nowMono <= untilMono)
      return { state: "conflict", reason: undefined, dueMono: Math.min(untilMono, expiresMono) };
  }
  if (nowMono >= dueMono) return { state: "late", reason: undefined, dueMono: expiresMono };
  return { state: "online", reason: undefined, dueMono };
}

function offline(reason: NonNullable<Verdict["reason"]>): Verdict {
  return { state: "offline", reason, dueMono: Number.POSITIVE_INFINITY };
}
