import { nextBeatMono } from "@fleet/presence";

/** When every peel of a swarm beats; times are since the swarm began. */
export interface SwarmSchedule {
  /**
   * Calls `visit` for each regular beat after the last call and up to `untilMs`, in order of time. After a long pause whole
   * rounds are left out: gives how many.
   */
  advance(untilMs: number, visit: (peel: number, dueMs: number) => void): number;
  /** The next regular beat of a peel after `afterMs`. */
  nextMs(peel: number, afterMs: number): number;
}

export interface SwarmScheduleOptions {
  /** When each peel beats within the interval: one after the other. */
  readonly phasesMs: Float64Array;
  readonly intervalMs: number;
}

/** Rounds that are still gone through one by one after a pause. */
const ROUNDS_MADE_UP = 2;

/**
 * The schedule of the real peel (`nextBeatMono`) for a whole fleet at once: a hand that goes round once an interval, and
 * nothing to do for a beat but the step to the next.
 */
export function createSwarmSchedule({ phasesMs, intervalMs }: SwarmScheduleOptions): SwarmSchedule {
  const count = phasesMs.length;
  let round = 0;
  let hand = 0;

  return {
    advance(untilMs, visit) {
      const behind = Math.floor(untilMs / intervalMs) - round;
      const skipped = Math.max(0, behind - ROUNDS_MADE_UP);
      round += skipped;
      while (count > 0) {
        const dueMs = (phasesMs[hand] as number) + round * intervalMs;
        if (dueMs > untilMs) break;
        visit(hand, dueMs);
        hand += 1;
        if (hand === count) {
          hand = 0;
          round += 1;
        }
      }
      return skipped;
    },
    nextMs: (peel, afterMs) =>
      nextBeatMono({ afterMono: afterMs, originMono: 0, phaseMs: phasesMs[peel] as number, intervalMs }),
  };
}
