import type { Bucket } from "@fleet/bus";
import { type Clock, isFleetError, type Logger, messageOf, type Service, sleep } from "@fleet/runtime";

export interface MarkerSweeperParts {
  /** The heartbeat bucket. */
  readonly bucket: Bucket;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a marker is gone: the broker's count has changed. */
  readonly onSwept?: () => void;
}

/** Removes the delete markers that peels leave behind, so that the broker's count of keys is the count of peels. */
export interface MarkerSweeper extends Service {
  /** Markers known to be in the bucket: the broker counts them as keys. */
  readonly outstanding: number;
  /** A delete marker for this key was heard. */
  heard(key: string): void;
}

/** Keys looked after at a time. 1,000 purges at 100,000 keys took 50 to 70 ms, so a burst is over quickly. */
const IN_FLIGHT = 32;
const REQUEST_TIMEOUT_MS = 2_000;
const RETRY_MS = 1_000;

/**
 * Creates a sweeper. What is heard may have been refused by the broker, so it reads the key's last message from the
 * leader and purges only a marker, and only up to that marker: a beat written since then survives. Any number of
 * masters may sweep the same bucket.
 */
export function createMarkerSweeper(parts: MarkerSweeperParts): MarkerSweeper {
  const { bucket, clock, logger, onSwept } = parts;
  const queue = new Set<string>();
  /** Keys whose last message is known to be a marker. */
  const outstanding = new Set<string>();
  const working = new Set<Promise<void>>();
  let running: AbortSignal | undefined;

  const sweep = async (key: string, signal: AbortSignal) => {
    try {
      const last = await bucket.get(key, { fromLeader: true, timeoutMs: REQUEST_TIMEOUT_MS });
      if (!last || last.operation === "put") {
        outstanding.delete(key);
        return;
      }
      outstanding.add(key);
      await bucket.purge(key, { before: last.revision + 1, timeoutMs: REQUEST_TIMEOUT_MS });
      outstanding.delete(key);
      onSwept?.();
    } catch (error) {
      if (isFleetError(error, "BUCKET_MISSING")) {
        outstanding.delete(key);
        return;
      }
      logger.debug("delete marker not removed; trying again", { key, error: messageOf(error) });
      await sleep(clock, RETRY_MS, signal);
      queue.add(key);
    }
  };

  const pump = () => {
    const signal = running;
    if (!signal) return;
    for (const key of queue) {
      if (working.size >= IN_FLIGHT || signal.aborted) return;
      queue.delete(key);
      const work: Promise<void> = sweep(key, signal).finally(() => {
        working.delete(work);
        pump();
      });
      working.add(work);
    }
  };

  return {
    name: "marker-sweeper",
    get outstanding() {
      return outstanding.size;
    },
    heard(key) {
      queue.add(key);
      pump();
    },
    async run(signal) {
      running = signal;
      pump();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.all(working);
    },
  };
}
