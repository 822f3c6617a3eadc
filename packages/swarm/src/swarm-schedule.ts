import { beatPhaseMs, nextBeatMono } from "@fleet/presence";

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
  readonly count: number;
  readonly idOf: (peel: number) => string;
  readonly intervalMs: number;
}

/** Numbers of peels that fit beside 32 bits of phase into a number that is exact. */
const PEEL_LIMIT = 2 ** 21;
const PHASE_STEPS = 2 ** 32;
/** Rounds that are still gone through one by one after a pause. */
const ROUNDS_MADE_UP = 2;

/**
 * The schedule of the real peel (`beatPhaseMs`, `nextBeatMono`) for a whole fleet at once: the peels in order of their phase,
 * and a hand that goes round once an interval. Twelve bytes a peel, and nothing to do for a beat but the step to the next.
 */
export function createSwarmSchedule({ count, idOf, intervalMs }: SwarmScheduleOptions): SwarmSchedule {
  // Sorted as plain numbers, phase above peel: a comparison function would take seconds for a million.
  const keys = new Float64Array(count);
  for (let peel = 0; peel < count; peel += 1) {
    keys[peel] = Math.round((beatPhaseMs(idOf(peel), intervalMs) / intervalMs) * PHASE_STEPS) * PEEL_LIMIT + peel;
  }
  keys.sort();
  const order = new Uint32Array(count);
  const phases = keys;
  for (let place = 0; place < count; place += 1) {
    const peel = (keys[place] as number) % PEEL_LIMIT;
    order[place] = peel;
    phases[place] = beatPhaseMs(idOf(peel), intervalMs);
  }
  let round = 0;
  let hand = 0;

  return {
    advance(untilMs, visit) {
      const behind = Math.floor(untilMs / intervalMs) - round;
      const skipped = Math.max(0, behind - ROUNDS_MADE_UP);
      round += skipped;
      while (count > 0) {
        const dueMs = (phases[hand] as number) + round * intervalMs;
        if (dueMs > untilMs) break;
        visit(order[hand] as number, dueMs);
        hand += 1;
        if (hand === count) {
          hand = 0;
          round += 1;
        }
      }
      return skipped;
    },
    nextMs: (peel, afterMs) =>
      nextBeatMono({ afterMono: afterMs, originMono: 0, phaseMs: beatPhaseMs(idOf(peel), intervalMs), intervalMs }),
  };
}
