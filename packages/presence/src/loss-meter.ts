/** How many peels are about to be told lost, and how many there are. */
export interface Losses {
  readonly nowMono: number;
  /** Peels judged lost that have not been told yet, and those whose beat is overdue. */
  readonly suspects: number;
  /** Peels that are here as far as was told, the suspects among them. */
  readonly present: number;
}

/** Says when so many peels go at once that the observer has to doubt himself first. */
export interface LossMeter {
  /** A peel's beat has become overdue. */
  becameLate(nowMono: number): void;
  /** A peel was told lost, not as one of many. */
  told(nowMono: number): void;
  isMass(losses: Losses): boolean;
}

export interface LossMeterOptions {
  readonly ttlMs: number;
  /** Time between two beats of most peels. */
  readonly intervalMs: number;
}

/** More losses than this within one TTL are suspicious, in a small fleet and as a part of a large one. */
const MASS_PEELS = 10;
const MASS_PART = 0.2;
const BURST_MS = 1_000;

/**
 * Of a fleet that falls silent at once the beats become overdue over a whole interval, as they were spread: the meter counts
 * those that are late as well, and takes the number of the last second as a sample of the interval.
 */
export function createLossMeter({ ttlMs, intervalMs }: LossMeterOptions): LossMeter {
  const told = createRecentCount(ttlMs);
  const becameLate = createRecentCount(BURST_MS);
  return {
    becameLate: (nowMono) => becameLate.add(nowMono),
    told: (nowMono) => told.add(nowMono),
    isMass({ nowMono, suspects, present }) {
      const recent = told.count(nowMono);
      const limit = Math.max(MASS_PEELS, MASS_PART * (present + recent));
      if (suspects + recent > limit) return true;
      const burst = becameLate.count(nowMono);
      return burst > MASS_PEELS && burst * Math.max(1, intervalMs / BURST_MS) > limit;
    },
  };
}

interface RecentCount {
  add(nowMono: number): void;
  count(nowMono: number): number;
}

const PARTS = 10;

/** Counts what happened within the last `spanMs`, to a tenth of it. */
function createRecentCount(spanMs: number): RecentCount {
  const partMs = spanMs / PARTS;
  const counts = new Array<number>(PARTS).fill(0);
  let last = 0;
  const turnTo = (nowMono: number) => {
    const part = Math.floor(nowMono / partMs);
    for (let turn = Math.max(last + 1, part - PARTS + 1); turn <= part; turn += 1) counts[turn % PARTS] = 0;
    last = Math.max(last, part);
    return last % PARTS;
  };
  return {
    add(nowMono) {
      const at = turnTo(nowMono);
      counts[at] = (counts[at] ?? 0) + 1;
    },
    count(nowMono) {
      turnTo(nowMono);
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}
