import { type Duration, durationOption, formatDuration } from "@fleet/runtime";
import type * as z from "zod";

/** How often peels beat and how long a beat counts: the same for the whole fleet. */
export interface HeartbeatTimingOptions {
  /** Time between two beats of a peel. @default "10s" */
  readonly heartbeatInterval?: Duration;
  /** Age at which a beat no longer counts; at least three intervals. @default "30s" */
  readonly heartbeatTtl?: Duration;
}

/** A TTL shorter than this many intervals takes a peel for dead that missed two beats. */
const MIN_INTERVALS_PER_TTL = 3;

/** The schema of {@link HeartbeatTimingOptions}, member by member; values are in milliseconds. */
export function heartbeatTimingShape(): {
  heartbeatInterval: z.ZodType<number, Duration | undefined>;
  heartbeatTtl: z.ZodType<number, Duration | undefined>;
} {
  return {
    heartbeatInterval: durationOption({ minMs: 100, maxMs: 3_600_000 }).default(10_000),
    heartbeatTtl: durationOption({ minMs: 300, maxMs: 86_400_000 }).default(30_000),
  };
}

/** Adds to a schema with {@link heartbeatTimingShape} the relation between its members, told also when others are wrong. */
export function withTimingRelation<Config extends { heartbeatInterval: number; heartbeatTtl: number }>(
  schema: z.ZodType<Config>,
): z.ZodType<Config> {
  return schema.refine((timing) => ttlProblem(timing) === undefined, {
    path: ["heartbeatTtl"],
    error: (issue) => ttlProblem(issue.input as Config) ?? "",
    when: ({ value }) => isResolvedTiming(value),
  });
}

interface ResolvedTiming {
  readonly heartbeatInterval: number;
  readonly heartbeatTtl: number;
}

function isResolvedTiming(value: unknown): value is ResolvedTiming {
  const { heartbeatInterval, heartbeatTtl } = (value ?? {}) as Partial<ResolvedTiming>;
  return typeof heartbeatInterval === "number" && typeof heartbeatTtl === "number";
}

function ttlProblem({ heartbeatInterval, heartbeatTtl }: ResolvedTiming): string | undefined {
  const leastMs = heartbeatInterval * MIN_INTERVALS_PER_TTL;
  if (heartbeatTtl >= leastMs) return undefined;
  const interval = formatDuration(heartbeatInterval);
  return `${formatDuration(heartbeatTtl)} is less than three times the heartbeat interval of ${interval}; use ${formatDuration(leastMs)} or more`;
}
