import type { Clock } from "@fleet/runtime";
import type { PeelNames } from "./peel-names.ts";
import { PEEL_CONDITIONS, type PeelCondition, type PeelRecords, WAITING } from "./peel-records.ts";
import type { PeelSessions } from "./peel-sessions.ts";

/** One simulated peel, as it is now. */
export interface SimulatedPeel {
  readonly id: string;
  readonly condition: PeelCondition;
  /** Wall time of its last change of condition, ms since the epoch. */
  readonly sinceAt: number;
  /** Session of its present or last life. */
  readonly session: string;
  /** Lives begun. */
  readonly lives: number;
  /** Acknowledged beats of that life. */
  readonly beats: number;
  /** Wall time of the last acknowledged beat of that life; `undefined` before the first. */
  readonly heardAt: number | undefined;
}

/** Who is really there: what a master's answer can be held against. */
export interface SwarmCensus {
  /** Every peel that has come so far. */
  peels(): Iterable<SimulatedPeel>;
  /** Ids of the peels that are so. */
  ids(condition: PeelCondition): string[];
  /** One peel; `undefined` if it has not come. */
  find(id: string): SimulatedPeel | undefined;
  /** Peels that are so. */
  count(condition: PeelCondition): number;
  /** Peels alive whose last acknowledged beat is older than this: their keys are gone. */
  silent(ageMs: number): number;
}

export interface SwarmCensusParts {
  readonly records: PeelRecords;
  readonly names: PeelNames;
  readonly sessions: PeelSessions;
  readonly clock: Clock;
}

export function createSwarmCensus({ records, names, sessions, clock }: SwarmCensusParts): SwarmCensus {
  const { condition } = records;

  const describe = (peel: number): SimulatedPeel => {
    const toWallMs = clock.wallMs() - clock.monoMs();
    const beats = records.seq[peel] as number;
    return {
      id: names.idOf(peel),
      condition: PEEL_CONDITIONS[condition[peel] as number] as PeelCondition,
      sinceAt: (records.sinceMono[peel] as number) + toWallMs,
      session: sessions.textOf(peel, records.life[peel] as number),
      lives: records.life[peel] as number,
      beats,
      heardAt: beats === 0 ? undefined : (records.heardMono[peel] as number) + toWallMs,
    };
  };
  function* numbers(wanted?: PeelCondition): Generator<number> {
    for (let peel = 0; peel < condition.length; peel += 1) {
      const now = condition[peel] as number;
      if (wanted === undefined ? now !== WAITING : PEEL_CONDITIONS[now] === wanted) yield peel;
    }
  }

  return {
    *peels() {
      for (const peel of numbers()) yield describe(peel);
    },
    ids: (wanted) => Array.from(numbers(wanted), (peel) => names.idOf(peel)),
    find(id) {
      const peel = names.peelOf(id);
      return peel === undefined || condition[peel] === WAITING ? undefined : describe(peel);
    },
    count(wanted) {
      let count = 0;
      const code = PEEL_CONDITIONS.indexOf(wanted);
      for (let peel = 0; peel < condition.length; peel += 1) if (condition[peel] === code) count += 1;
      return count;
    },
    silent(ageMs) {
      const sinceMono = clock.monoMs() - ageMs;
      let count = 0;
      for (const peel of numbers("alive")) if ((records.heardMono[peel] as number) < sinceMono) count += 1;
      return count;
    },
  };
}
