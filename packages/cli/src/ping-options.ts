import { durationOption, resolveOptions } from "@fleet/runtime";
import * as z from "zod";

/** What `fleet peel ping` was asked for. */
export interface PingConfig {
  /** Pings for each peel. */
  readonly count: number;
  readonly intervalMs: number;
  /** Longest time to wait for an answer. */
  readonly timeoutMs: number;
}

const MOST = 1_000_000;
const COUNT_RULE = `a whole number from 1 to ${MOST} is wanted`;

const schema = z.object({
  count: z
    .string()
    .regex(/^\d{1,7}$/, { error: COUNT_RULE })
    .transform(Number)
    .refine((count) => count >= 1 && count <= MOST, { error: COUNT_RULE })
    .default(1),
  interval: durationOption({ minMs: 0, maxMs: 3_600_000 }).default(1_000),
  timeout: durationOption({ minMs: 1, maxMs: 600_000 }).default(2_000),
});

/** Checks `count`, `interval` and `timeout`. Throws `INVALID_OPTIONS` with every problem. */
export function resolvePingOptions(values: Readonly<Record<string, unknown>>): PingConfig {
  const { count, interval, timeout } = resolveOptions(schema, values);
  return { count, intervalMs: interval, timeoutMs: timeout };
}
