/** Bounds of a growing delay. */
export interface BackoffOptions {
  /** Ceiling of the first delay. */
  readonly firstMs: number;
  /** Ceiling of every delay. */
  readonly maxMs: number;
}

/**
 * Full-jitter exponential backoff: uniform between 0 and min(max, first * 2^(failures - 1)), so that many
 * callers that failed together do not come back together.
 */
export function backoffDelayMs(failures: number, options: BackoffOptions, random: () => number): number {
  const ceiling = Math.min(options.maxMs, options.firstMs * 2 ** Math.min(Math.max(0, failures - 1), 30));
  return random() * ceiling;
}
