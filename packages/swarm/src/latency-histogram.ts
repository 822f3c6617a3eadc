/** How long things took, in little memory. */
export interface LatencyHistogram {
  record(durationMs: number): void;
  /** The time that this part of them did not exceed, at most a tenth too high; 0 before the first. */
  quantile(part: number): number;
  readonly maxMs: number;
}

/** Bounds grow by a tenth from one to the next, from 10 us up to some two minutes. */
const FIRST_MS = 0.01;
const GROWTH = 1.1;
const BUCKETS = 172;
const LOG_GROWTH = Math.log(GROWTH);

export function createLatencyHistogram(): LatencyHistogram {
  const counts = new Float64Array(BUCKETS);
  let total = 0;
  let maxMs = 0;
  return {
    record(durationMs) {
      const bucket = durationMs > FIRST_MS ? Math.ceil(Math.log(durationMs / FIRST_MS) / LOG_GROWTH) : 0;
      counts[Math.min(bucket, BUCKETS - 1)] = (counts[Math.min(bucket, BUCKETS - 1)] as number) + 1;
      total += 1;
      if (durationMs > maxMs) maxMs = durationMs;
    },
    quantile(part) {
      if (total === 0) return 0;
      let seen = 0;
      for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
        seen += counts[bucket] as number;
        if (seen >= part * total) return Math.min(maxMs, FIRST_MS * GROWTH ** bucket);
      }
      return maxMs;
    },
    get maxMs() {
      return maxMs;
    },
  };
}
