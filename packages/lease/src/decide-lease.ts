import type { LeaseConfig } from "./lease-options.ts";
import type { EndReason, LeaseHold, LeaseState } from "./lease-state.ts";

/** What a candidate does next. */
export type LeaseAction =
  /** Read the key from the stream's leader. */
  | { readonly kind: "read" }
  /** Write the key, expecting this revision. */
  | { readonly kind: "acquire"; readonly expectedRevision: number }
  /** Find the greatest term used so far, to choose a greater one. */
  | { readonly kind: "choose-term" }
  /** Rewrite the key, expecting this revision; unknown after `timeoutMs`. */
  | { readonly kind: "renew"; readonly expectedRevision: number; readonly timeoutMs: number }
  /** Abort the work signal. */
  | { readonly kind: "end-work"; readonly reason: EndReason }
  /** Delete the key, expecting this revision. */
  | { readonly kind: "release"; readonly revision: number }
  /** Nothing until this time, or until something is observed. */
  | { readonly kind: "wait"; readonly untilMono: number }
  /** Nothing ever again. */
  | { readonly kind: "finish" };

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Decides what a candidate does at `nowMono`, from what it has observed. All timing of the lease is here; nothing in
 * it depends on wall time.
 */
export function decideLease(state: LeaseState, nowMono: number, config: LeaseConfig): LeaseAction {
  return state.hold ? decideHolder(state, state.hold, nowMono, config) : decideContender(state, nowMono);
}

function decideContender(state: LeaseState, nowMono: number): LeaseAction {
  if (state.stopping) return { kind: "finish" };
  if (nowMono < state.outUntilMono) return { kind: "wait", untilMono: state.outUntilMono };
  const { key } = state;
  if (key.kind === "free") return { kind: "acquire", expectedRevision: key.revision };
  return nowMono >= key.lookMono ? { kind: "read" } : { kind: "wait", untilMono: key.lookMono };
}

function decideHolder(state: LeaseState, hold: LeaseHold, nowMono: number, config: LeaseConfig): LeaseAction {
  const deadlineMono = hold.goodMono + config.renewDeadlineMs;
  if (hold.stage === "ending" || hold.stage === "ended") return decideLeaver(hold, nowMono, deadlineMono, config);

  const reason = whyEnd(state, hold, nowMono, deadlineMono);
  if (reason) return { kind: "end-work", reason };
  if (nowMono < hold.dueMono) return { kind: "wait", untilMono: Math.min(hold.dueMono, deadlineMono) };
  if (hold.inDoubt) return { kind: "read" };
  if (hold.stage === "acquired") return { kind: "choose-term" };
  return renew(hold, nowMono, deadlineMono, config);
}

function whyEnd(state: LeaseState, hold: LeaseHold, nowMono: number, deadlineMono: number): EndReason | undefined {
  if (hold.lost) return hold.lost;
  if (nowMono >= deadlineMono) return "deadline";
  if (state.stopping) return "stopped";
  if (nowMono < state.outUntilMono) return "stepped-down";
  return undefined;
}

/** Keeps the key while the work is ending, so that nobody else begins before, and gives it back after. */
function decideLeaver(hold: LeaseHold, nowMono: number, deadlineMono: number, config: LeaseConfig): LeaseAction {
  if (hold.stage === "ended") return { kind: "release", revision: hold.revision };
  const ours = !hold.lost && (hold.endReason === "stopped" || hold.endReason === "stepped-down");
  if (!ours || nowMono >= deadlineMono) return { kind: "wait", untilMono: NEVER };
  if (nowMono < hold.dueMono) return { kind: "wait", untilMono: hold.dueMono };
  return hold.inDoubt ? { kind: "read" } : renew(hold, nowMono, deadlineMono, config);
}

function renew(hold: LeaseHold, nowMono: number, deadlineMono: number, config: LeaseConfig): LeaseAction {
  const timeoutMs = Math.min(config.renewTimeoutMs, deadlineMono - nowMono);
  return { kind: "renew", expectedRevision: hold.revision, timeoutMs };
}
