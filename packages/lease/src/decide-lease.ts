import type { LeaseConfig } from "./lease-options.ts";
import { type EndReason, isVoluntary, type LeaseHold, type LeaseState } from "./lease-state.ts";

/** What a candidate does next. */
export type LeaseAction =
  /** Read the key from the stream's leader. */
  | { readonly kind: "read" }
  /** Write the key, expecting this revision of it and of the bucket. */
  | { readonly kind: "acquire"; readonly expectedRevision: number; readonly expectedBucketRevision: number }
  /** Find the greatest term used so far, to choose a greater one. */
  | { readonly kind: "choose-term" }
  /** Rewrite the key, expecting this revision; unknown after `timeoutMs`. */
  | { readonly kind: "renew"; readonly expectedRevision: number; readonly timeoutMs: number }
  /** Delete the key, expecting this revision. */
  | { readonly kind: "release"; readonly revision: number }
  /** Begin the work under this term. */
  | { readonly kind: "start-work"; readonly term: number }
  /** End the term: abort the work signal, if work has begun. */
  | { readonly kind: "end-work"; readonly reason: EndReason }
  /** Nothing until this time, or until something is observed. */
  | { readonly kind: "wait"; readonly untilMono: number }
  /** Nothing ever again. */
  | { readonly kind: "finish" };

/**
 * Decides what a candidate does at `nowMono`, from what it has observed. All timing of the lease is here and in
 * `observeLease`; nothing in either depends on wall time. Asked again after every observation and at the end of every
 * wait, it always gives the one next step; while an operation is under way that is never another operation, but it may be
 * the end of the work.
 */
export function decideLease(state: LeaseState, nowMono: number, config: LeaseConfig): LeaseAction {
  const { hold } = state;
  if (!hold) return decideContender(state, nowMono);
  return hold.endReason === undefined
    ? decideHolder(state, hold, nowMono, config)
    : decideLeaver(state, hold, nowMono, config);
}

function decideContender(state: LeaseState, nowMono: number): LeaseAction {
  const { key, outUntilMono } = state;
  if (state.underWay) return waitForEvent;
  if (state.stopping) return { kind: "finish" };
  if (key.kind !== "free") return nowMono < key.lookMono ? waitUntil(key.lookMono) : { kind: "read" };
  // Out after stepping down: it looks on, so that it knows who holds the lease, and leaves it to the others.
  if (nowMono < outUntilMono) return waitUntil(outUntilMono);
  return { kind: "acquire", expectedRevision: key.revision, expectedBucketRevision: key.bucketRevision };
}

function decideHolder(state: LeaseState, hold: LeaseHold, nowMono: number, config: LeaseConfig): LeaseAction {
  const deadlineMono = hold.goodMono + config.renewDeadlineMs;
  // First of all, because an operation may hang and the work must not outlive the deadline for that.
  const reason = whyEnd(state, hold, nowMono, deadlineMono);
  if (reason) return { kind: "end-work", reason };
  if (hold.stage === "confirmed" && hold.term !== undefined) return { kind: "start-work", term: hold.term };
  if (state.underWay) return waitUntil(deadlineMono);
  if (nowMono < hold.dueMono) return waitUntil(Math.min(hold.dueMono, deadlineMono));
  if (hold.inDoubt) return { kind: "read" };
  return hold.stage === "acquired" ? { kind: "choose-term" } : renew(hold, nowMono, deadlineMono, config);
}

function whyEnd(state: LeaseState, hold: LeaseHold, nowMono: number, deadlineMono: number): EndReason | undefined {
  if (hold.lost) return hold.lost;
  if (nowMono >= deadlineMono) return hold.stage === "acquired" ? "no-term" : "deadline";
  if (state.stopping) return "stopped";
  if (nowMono < state.outUntilMono) return "stepped-down";
  if (hold.unfit) return "unfit";
  return undefined;
}

/** Keeps the key while the work is ending, so that nobody else begins before, and gives it back after. */
function decideLeaver(state: LeaseState, hold: LeaseHold, nowMono: number, config: LeaseConfig): LeaseAction {
  if (state.underWay) return waitForEvent;
  if (hold.stage === "ended") return hold.inDoubt ? { kind: "read" } : { kind: "release", revision: hold.revision };
  const deadlineMono = hold.goodMono + config.renewDeadlineMs;
  if (!isVoluntary(hold.endReason) || hold.lost || nowMono >= deadlineMono) return waitForEvent;
  if (nowMono < hold.dueMono) return waitUntil(hold.dueMono);
  return hold.inDoubt ? { kind: "read" } : renew(hold, nowMono, deadlineMono, config);
}

function renew(hold: LeaseHold, nowMono: number, deadlineMono: number, config: LeaseConfig): LeaseAction {
  const timeoutMs = Math.min(config.renewTimeoutMs, deadlineMono - nowMono);
  return { kind: "renew", expectedRevision: hold.revision, timeoutMs };
}

function waitUntil(untilMono: number): LeaseAction {
  return { kind: "wait", untilMono };
}

const waitForEvent: LeaseAction = waitUntil(Number.POSITIVE_INFINITY);
