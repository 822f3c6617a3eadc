import { durationOption, resolveOptions } from "@fleet/runtime";
import * as z from "zod";

const FORMATS = ["table", "json"] as const;

/** What concerns the command, not the swarm. */
export interface SwarmRunConfig {
  readonly output: (typeof FORMATS)[number];
  /** Time to run once every peel has joined; `undefined`: until told to stop. */
  readonly durationMs: number | undefined;
  /** Longest time to wait for NATS. */
  readonly timeoutMs: number;
}

const schema = z.object({
  output: z
    .enum(FORMATS, { error: (issue) => `"${issue.input}" is not a format; use ${FORMATS.join(" or ")}` })
    .default("table"),
  duration: durationOption({ minMs: 0, maxMs: 2_147_483_647 }).optional(),
  timeout: durationOption({ minMs: 100, maxMs: 600_000 }).default(5_000),
});

/** Checks `output`, `duration` and `timeout`. Throws `INVALID_OPTIONS` with every problem. */
export function resolveSwarmRunOptions(values: Readonly<Record<string, unknown>>): SwarmRunConfig {
  const { output, duration, timeout } = resolveOptions(schema, values);
  return { output, durationMs: duration, timeoutMs: timeout };
}
