/** How long to wait and how often to look. */
export interface EventuallyOptions {
  /** @default 10_000 */
  readonly timeoutMs?: number;
  /** @default 25 */
  readonly everyMs?: number;
}

/**
 * Calls `probe` until it returns without throwing and gives back what it returned; after the time is up,
 * throws what the last call threw. A probe that hangs is given up at the same time.
 */
export async function eventually<T>(probe: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 10_000, everyMs = 25 } = options;
  const untilMono = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      return await within(untilMono - performance.now(), probe, () => hung(timeoutMs, lastError));
    } catch (error) {
      if (performance.now() >= untilMono) throw error;
      lastError = error;
      await new Promise<void>((resolve) => setTimeout(resolve, everyMs));
    }
  }
}

async function within<T>(timeoutMs: number, probe: () => T | Promise<T>, onTimeout: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), Math.max(0, timeoutMs));
  });
  try {
    return await Promise.race([probe(), timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

function hung(timeoutMs: number, cause: unknown): Error {
  return new Error(`the probe did not return within ${timeoutMs} ms`, cause === undefined ? undefined : { cause });
}
