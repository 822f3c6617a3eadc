import { backoffDelayMs } from "@fleet/runtime";

/**
 * When a peel beats within its interval: 0 <= phase < intervalMs, fixed by its id. Peels that start or reconnect
 * together drift apart by it at their second beat, so that a fleet never beats in step.
 */
export function beatPhaseMs(peelId: string, intervalMs: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < peelId.length; index += 1) {
    hash = Math.imul(hash ^ peelId.charCodeAt(index), 0x01000193);
  }
  // FNV-1a alone puts names that differ in their last character, web1 and web2, close together: MurmurHash3's last
  // step spreads them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * intervalMs;
}

/**
 * The next regular beat after `afterMono`: on the grid of intervals from `originMono`, moved by the phase. Never more
 * than one interval away.
 */
export function nextBeatMono(options: {
  afterMono: number;
  originMono: number;
  phaseMs: number;
  intervalMs: number;
}): number {
  const { afterMono, originMono, phaseMs, intervalMs } = options;
  const firstMono = originMono + phaseMs;
  const beats = Math.floor((afterMono - firstMono) / intervalMs) + 1;
  const nextMono = firstMono + beats * intervalMs;
  // The division can round a beat that is just over to one that is just to come.
  return nextMono > afterMono ? nextMono : firstMono + (beats + 1) * intervalMs;
}

/** A beat that is not acknowledged in this part of the interval has failed. */
const DEADLINE_PART = 1 / 4;
/** However long the interval: a peel that is told to stop waits for its beat. */
const MAX_DEADLINE_MS = 5_000;

/** Time after which a beat without an acknowledgement has failed. */
export function beatDeadlineMs(intervalMs: number): number {
  return Math.min(intervalMs * DEADLINE_PART, MAX_DEADLINE_MS);
}

/** When a beat that has failed is tried again: with growing, jittered delay, and no later than the regular beat. */
export function retryBeatMono(options: {
  /** Failures in a row, this one included. */
  failures: number;
  nowMono: number;
  regularMono: number;
  intervalMs: number;
  random: () => number;
}): number {
  const { failures, nowMono, regularMono, intervalMs, random } = options;
  const retryMs = backoffDelayMs(failures, { firstMs: intervalMs / 20, maxMs: intervalMs / 2 }, random);
  return Math.min(regularMono, nowMono + retryMs);
}
