/** Ids of simulated peels: `swarm-000001` and so on. Peels are numbered from 0; nothing is kept for each. */
export interface PeelNames {
  idOf(peel: number): string;
  /** The number of an id; `undefined` if no peel has it. */
  peelOf(id: string): number | undefined;
}

/** Digits that ids have at least, so that they sort. */
const LEAST_DIGITS = 6;

/** Names `count` peels. */
export function createPeelNames(prefix: string, count: number): PeelNames {
  const digits = Math.max(LEAST_DIGITS, String(count).length);
  const idOf = (peel: number) => `${prefix}${String(peel + 1).padStart(digits, "0")}`;
  return {
    idOf,
    peelOf(id) {
      const peel = Number(id.slice(prefix.length)) - 1;
      return Number.isInteger(peel) && peel >= 0 && peel < count && idOf(peel) === id ? peel : undefined;
    },
  };
}
