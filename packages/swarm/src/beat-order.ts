import { beatPhaseMs } from "@fleet/presence";
import type { PeelNames } from "./peel-names.ts";

/**
 * The peels of a swarm in the order in which they beat. Everything that is kept of a peel lies at its place in that order, so that
 * a round of beats goes through memory from one end to the other, and does not wait for it at each of a million peels.
 */
export interface BeatOrder {
  /** The place of each number: peels join in the order of their numbers. */
  readonly places: Uint32Array;
  /** When the peel at each place beats, within the interval; it grows. */
  readonly phasesMs: Float64Array;
  /** Names by place. */
  readonly names: PeelNames;
}

export interface BeatOrderOptions {
  readonly count: number;
  /** Names by number. */
  readonly names: PeelNames;
  readonly intervalMs: number;
}

/** Numbers of peels that fit beside 32 bits of phase into a number that is exact. */
const PEEL_LIMIT = 2 ** 21;
const PHASE_STEPS = 2 ** 32;

/** Orders the peels by the phase of the real peel (`beatPhaseMs`); sixteen bytes a peel. */
export function createBeatOrder({ count, names, intervalMs }: BeatOrderOptions): BeatOrder {
  // Sorted as plain numbers, phase above peel: a comparison function would take seconds for a million.
  const keys = new Float64Array(count);
  for (let number = 0; number < count; number += 1) {
    const phaseMs = beatPhaseMs(names.idOf(number), intervalMs);
    keys[number] = Math.round((phaseMs / intervalMs) * PHASE_STEPS) * PEEL_LIMIT + number;
  }
  keys.sort();
  const numbers = Uint32Array.from(keys, (key) => key % PEEL_LIMIT);
  const places = new Uint32Array(count);
  const phasesMs = keys;
  numbers.forEach((number, place) => {
    places[number] = place;
    phasesMs[place] = beatPhaseMs(names.idOf(number), intervalMs);
  });
  return {
    places,
    phasesMs,
    names: {
      idOf: (place) => names.idOf(numbers[place] as number),
      peelOf(id) {
        const number = names.peelOf(id);
        return number === undefined ? undefined : places[number];
      },
    },
  };
}
