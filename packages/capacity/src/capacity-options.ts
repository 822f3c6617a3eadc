import { type Duration, durationOption, resolveOptions } from "@fleet/runtime";
import * as z from "zod";

/** The fleet that is planned. Numbers are written as text, as on a command line. */
export interface CapacityOptions {
  /** 1 to 1,000,000,000. */
  readonly peels: string;
  /** Time between two beats of a peel. @default "10s" */
  readonly interval?: Duration;
  /** Copies of each bucket: 1, 3 or 5. @default "1" */
  readonly replicas?: string;
  /** Masters for each partition, of which one publishes. @default "2" */
  readonly masters?: string;
  /** Whether each peel has a connection of its own, or many share one. @default "per-peel" */
  readonly connections?: "per-peel" | "pooled";
  /** Cores of one broker's machine. @default "8" */
  readonly brokerCores?: string;
  /** Memory of one broker's machine, in GB of 1,000,000,000 bytes. @default "64" */
  readonly brokerMemory?: string;
}

/** {@link CapacityOptions}, resolved. */
export interface CapacityConfig {
  readonly peels: number;
  readonly intervalMs: number;
  readonly replicas: number;
  readonly masters: number;
  readonly connections: "per-peel" | "pooled";
  readonly brokerCores: number;
  readonly brokerMemoryBytes: number;
}

const whole = (least: number, most: number) => {
  const error = `use a whole number from ${least} to ${most}`;
  return z
    .string({ error })
    .regex(/^\d{1,10}$/, { error: (issue) => `"${issue.input}" is not one; ${error}` })
    .transform(Number)
    .refine((number) => number >= least && number <= most, { error });
};

const schema = z.strictObject({
  peels: whole(1, 1_000_000_000),
  interval: durationOption({ minMs: 100, maxMs: 3_600_000 }).default(10_000),
  replicas: z
    .enum(["1", "3", "5"], { error: (issue) => `"${issue.input}" copies hold no majority; use 1, 3 or 5` })
    .default("1"),
  masters: whole(1, 100).default(2),
  connections: z
    .enum(["per-peel", "pooled"], { error: (issue) => `"${issue.input}" is not known; use per-peel or pooled` })
    .default("per-peel"),
  brokerCores: whole(1, 1_024).default(8),
  brokerMemory: whole(1, 100_000).default(64),
});

/** Checks and completes the options. Throws `INVALID_OPTIONS` with every problem. */
export function resolveCapacityOptions(options: Partial<CapacityOptions>): CapacityConfig {
  const { interval, replicas, brokerMemory, ...rest } = resolveOptions(schema, options);
  return { ...rest, intervalMs: interval, replicas: Number(replicas), brokerMemoryBytes: brokerMemory * 1e9 };
}
