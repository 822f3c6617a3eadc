/** How long to wait and how often to look. */
export interface EventuallyOptions {
  /** @default 10_000 */
  readonly timeoutMs?: number;
  /** @default 25 */
  readonly everyMs?: number;
}

/**
 * Calls `probe` until it returns without throwing and gives back what it returned; after the time is up,
 * throws what the last call threw.
 */
export async function eventually<T>(probe: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 10_000, everyMs = 25 } = options;
  const untilMono = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() >= untilMono) throw error;
      await new Promise<void>((resolve) => setTimeout(resolve, everyMs));
    }
  }
}
