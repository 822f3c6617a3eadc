import { type Clock, systemClock } from "@fleet/runtime";

export interface FetchServerOptions {
  /** Fleet's cache folder, created when needed: see `defaultCacheDir`. */
  readonly cacheDir: string;
  /** Told what is being waited for, a line at a time and at most about every second. */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Ends the search; what was half fetched is removed. */
  readonly signal?: AbortSignal | undefined;
  /** @default the system's clock */
  readonly clock?: Clock | undefined;
}

/** What everything that looks for or fetches a server is given. */
export interface FetchContext {
  readonly clock: Clock;
  /** Ends the work; the error is its reason. */
  readonly signal: AbortSignal | undefined;
  /** Tells a person what is being waited for, one line without a line end. */
  report(message: string): void;
}

/** What the fetching parts need, from what callers write. */
export function createFetchContext(options: FetchServerOptions): FetchContext {
  const { clock = systemClock, signal, onProgress } = options;
  return { clock, signal, report: (message) => onProgress?.(message) };
}
