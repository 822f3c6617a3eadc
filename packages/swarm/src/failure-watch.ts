import { type Clock, createThrottle, type Logger, type Throttle } from "@fleet/runtime";
import type { FailureKind, FailureTally } from "./failure-tally.ts";

export interface FailureWatchParts {
  readonly failures: Pick<FailureTally, "kinds">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told at a look that nobody has taken writes since the last one: their bucket may be gone. */
  readonly onUnavailable: () => void;
}

/** Tells of writes that fail. */
export interface FailureWatch {
  /** To be called often; it looks once a second, so that a failure costs nothing but its count. */
  look(): void;
}

const LOOK_EVERY_MS = 1_000;
const WARN_EVERY_MS = 60_000;

/** What to do about it, where that can be said; what else there is says it itself. */
const ADVICE: Readonly<Record<string, string>> = {
  UNAVAILABLE: "JetStream is off or has no leader, or the bucket is gone: it is made again if this login may",
  BUCKET_MISSING: "the bucket is gone: it is made again if this login may",
  BACKPRESSURE: "the broker takes no more; fewer peels, a longer interval or storage in memory would help",
  TIMEOUT: "the broker is behind, or denies the writes: fewer peels or a longer interval would help, or a grant",
};

/**
 * Warns of each kind of failure, by code and bucket, once a minute, with the number of those that were not told singly. Writes
 * that were lost with a connection are left out: the connection has told of itself.
 */
export function createFailureWatch({ failures, clock, logger, onUnavailable }: FailureWatchParts): FailureWatch {
  const seen = new Map<FailureKind, { count: number; told: number; throttle: Throttle }>();
  let lookMono = Number.NEGATIVE_INFINITY;

  const lookAt = (kind: FailureKind) => {
    const { bucket, code, count, message } = kind;
    const before = seen.get(kind) ?? { count: 0, told: 0, throttle: createThrottle(clock, WARN_EVERY_MS) };
    seen.set(kind, before);
    if (count === before.count) return;
    before.count = count;
    if (code === "UNAVAILABLE" || code === "BUCKET_MISSING") onUnavailable();
    before.throttle.run(() => {
      const heldBack = count - before.told - 1;
      before.told = count;
      logger.warn("writes are failing", {
        bucket,
        code,
        error: message,
        ...(ADVICE[code] && { advice: ADVICE[code] }),
        ...(heldBack > 0 && { held_back: heldBack }),
      });
    });
  };

  return {
    look() {
      const nowMono = clock.monoMs();
      if (nowMono < lookMono) return;
      lookMono = nowMono + LOOK_EVERY_MS;
      for (const kind of failures.kinds) if (kind.code !== "NOT_CONNECTED") lookAt(kind);
    },
  };
}
