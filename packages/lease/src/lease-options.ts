import { type Duration, durationOption, formatDuration, resolveOptions } from "@fleet/runtime";
import * as z from "zod";

/** The times of a lease. */
export interface LeaseOptions {
  /** Age at which the bucket drops a lease that is not renewed; equals the bucket's own TTL. @default "15s" */
  readonly ttl?: Duration;
  /** Time after the start of the last good renew at which the holder's work must end. @default "12s" */
  readonly renewDeadline?: Duration;
  /** Time between two renews. @default "3s" */
  readonly renewInterval?: Duration;
  /** Time one renew may take before it is tried again. @default "1500ms" */
  readonly renewTimeout?: Duration;
}

/** {@link LeaseOptions}, resolved. */
export interface LeaseConfig {
  readonly ttlMs: number;
  readonly renewDeadlineMs: number;
  readonly renewIntervalMs: number;
  readonly renewTimeoutMs: number;
}

/**
 * How much the clocks of holder and broker may differ in rate for the guarantee to hold: a holder that is slow by this
 * much must stop before a broker that is fast by this much drops the key.
 */
const CLOCK_RATE_TOLERANCE = 0.05;
/** A retry that starts at the interval must have time to be repeated before the deadline. */
const RETRY_MARGIN = 1.2;

const duration = () => durationOption({ minMs: 50, maxMs: 3_600_000 });

const schema = z
  .strictObject({
    ttl: duration().default(15_000),
    renewDeadline: duration().default(12_000),
    renewInterval: duration().default(3_000),
    renewTimeout: duration().default(1_500),
  })
  .superRefine(({ ttl, renewDeadline, renewInterval, renewTimeout }, context) => {
    const problem = (option: string, message: string) => context.addIssue({ code: "custom", path: [option], message });
    const latestDeadlineMs = (ttl * (1 - CLOCK_RATE_TOLERANCE)) / (1 + CLOCK_RATE_TOLERANCE);
    if (renewDeadline > latestDeadlineMs) {
      problem(
        "renewDeadline",
        `${formatDuration(renewDeadline)} leaves no room below the TTL of ${formatDuration(ttl)} for clocks that differ by 5 %; use ${formatDuration(Math.floor(latestDeadlineMs))} or less`,
      );
    }
    if (renewDeadline <= renewInterval * RETRY_MARGIN) {
      problem(
        "renewInterval",
        `${formatDuration(renewInterval)} leaves no time to try again before the renew deadline of ${formatDuration(renewDeadline)}; use less than ${formatDuration(Math.floor(renewDeadline / RETRY_MARGIN))}`,
      );
    }
    if (renewTimeout >= renewDeadline) {
      problem(
        "renewTimeout",
        `${formatDuration(renewTimeout)} is not less than the renew deadline of ${formatDuration(renewDeadline)}`,
      );
    }
  });

/** Checks and completes the times. Throws `INVALID_OPTIONS` with every problem, each naming both values. */
export function resolveLeaseOptions(options: LeaseOptions): LeaseConfig {
  const { ttl, renewDeadline, renewInterval, renewTimeout } = resolveOptions(schema, options);
  return {
    ttlMs: ttl,
    renewDeadlineMs: renewDeadline,
    renewIntervalMs: renewInterval,
    renewTimeoutMs: renewTimeout,
  };
}

/** The times of a lease whose TTL is given: the default ones, in proportion. */
export function leaseOfTtl(ttlMs: number): LeaseConfig {
  return { ttlMs, renewDeadlineMs: ttlMs * 0.8, renewIntervalMs: ttlMs * 0.2, renewTimeoutMs: ttlMs * 0.1 };
}
