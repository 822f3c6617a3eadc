import { natsUrlOption } from "@fleet/bus";
import { heartbeatTimingShape } from "@fleet/presence";
import { durationOption, resolveOptions } from "@fleet/runtime";
import * as z from "zod";

/** What `fleet dev` was asked for. */
export interface DevConfig {
  readonly masters: number;
  readonly peels: number;
  /** Use this NATS; `undefined`: start one. */
  readonly natsUrl: string | undefined;
  /** Port of the NATS started; `undefined`: 4222 or another. */
  readonly natsPort: number | undefined;
  /** Time to run once the fleet is complete; `undefined`: until told to stop. */
  readonly durationMs: number | undefined;
  readonly heartbeatIntervalMs: number;
  /** Both as the peels and masters are told them. */
  readonly heartbeatInterval: string;
  readonly heartbeatTtl: string;
  readonly verbose: boolean;
}

/** The TTL follows the interval here, so that one flag makes the fleet quick. */
const INTERVALS_PER_TTL = 3;

const count = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most} is wanted`;
  return z
    .string()
    .regex(/^\d{1,5}$/, { error })
    .transform(Number)
    .refine((number) => number >= least && number <= most, { error });
};

const schema = z
  .object({
    masters: count(0, 20).default(1),
    peels: count(0, 200).default(5),
    natsUrl: natsUrlOption().optional(),
    natsPort: count(1, 65_535).optional(),
    duration: durationOption({ minMs: 0, maxMs: 2_147_483_647 }).optional(),
    heartbeatInterval: heartbeatTimingShape().heartbeatInterval,
    verbose: z.boolean().default(false),
  })
  .refine(({ natsUrl, natsPort }) => natsUrl === undefined || natsPort === undefined, {
    path: ["natsPort"],
    error: "it is the port of a NATS started here; with --nats-url none is",
    when: () => true,
  });

/** Checks the flags. Throws `INVALID_OPTIONS` with every problem. */
export function resolveDevOptions(flags: Readonly<Record<string, unknown>>): DevConfig {
  const given = resolveOptions(schema, flags);
  return {
    masters: given.masters,
    peels: given.peels,
    natsUrl: given.natsUrl,
    natsPort: given.natsPort,
    durationMs: given.duration,
    heartbeatIntervalMs: given.heartbeatInterval,
    heartbeatInterval: `${given.heartbeatInterval}ms`,
    heartbeatTtl: `${given.heartbeatInterval * INTERVALS_PER_TTL}ms`,
    verbose: given.verbose,
  };
}
