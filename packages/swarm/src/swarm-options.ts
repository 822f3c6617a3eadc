import { type ConnectionConfig, natsUrlsOption, resolveConnectionOptions } from "@fleet/bus";
import { heartbeatTimingShape } from "@fleet/presence";
import { type Duration, durationOption, formatDuration, resolveOptions } from "@fleet/runtime";
import { isPeelId, PEEL_ID_RULE } from "@fleet/wire";
import * as z from "zod";
import { eventRateOption } from "./event-rate.ts";

/** What a swarm can be told. Counts, rates and parts are written as text, as on a command line. */
export interface SwarmOptions {
  /** Peels that join, 1 to 2,000,000. @default "1000" */
  readonly peels?: string;
  /** Time between two beats of a peel. @default "10s" */
  readonly interval?: Duration;
  /** TTL of a heartbeat bucket that has to be made; one that is there keeps its own. @default three intervals */
  readonly ttl?: Duration;
  /** Where such a bucket is kept. @default "file" */
  readonly storage?: "file" | "memory";
  /** Connections that the peels share, 1 to 64. @default "2" */
  readonly connections?: string;
  /** Time over which the peels join. @default a second for each 50,000 */
  readonly ramp?: Duration;
  /** Peels that leave, each replaced by another, such as `5/s` or `30/m`. @default "0" */
  readonly churn?: string;
  /** Peels that stop without goodbye and stay away. @default "0" */
  readonly crash?: string;
  /** Peels that stop without goodbye and come back in a new session. @default "0" */
  readonly flap?: string;
  /** Time until those come back. @default the interval */
  readonly flapDown?: Duration;
  /** Part of the beats that is never sent, 0 to 1. @default "0" */
  readonly loss?: string;
  /** The same seed gives the same comings, goings and losses. @default "1" */
  readonly seed?: string;
  /** Beginning of every id; six or more digits follow. @default "swarm-" */
  readonly prefix?: string;
  /** Write facts for each peel when it joins. @default false */
  readonly facts?: boolean;
  /** Say goodbye for every peel at the end. @default false */
  readonly leave?: boolean;
  /** NATS servers of one cluster. @default ["nats://127.0.0.1:4222"] */
  readonly natsUrl?: readonly string[];
  /** Contents of a NATS `.creds` file, asked for at each login. */
  readonly natsCreds?: () => Uint8Array;
  /** Certificate authorities of the NATS servers in PEM, asked for at each dial. */
  readonly natsCa?: () => string;
}

/** {@link SwarmOptions}, resolved. */
export interface SwarmConfig {
  readonly peels: number;
  readonly intervalMs: number;
  readonly ttlMs: number;
  readonly storage: "file" | "memory";
  readonly connections: number;
  readonly rampMs: number;
  readonly churnPerSecond: number;
  readonly crashPerSecond: number;
  readonly flapPerSecond: number;
  readonly flapDownMs: number;
  readonly loss: number;
  readonly seed: number;
  readonly prefix: string;
  readonly facts: boolean;
  readonly leave: boolean;
  /** One of the connections, counted from 1. */
  connection(number: number): ConnectionConfig;
}

/** Most peels, those that replace others included. */
export const MAX_PEELS = 2_000_000;
const JOINS_PER_SECOND = 50_000;
const INTERVALS_PER_TTL = 3;
/** A peel that has left stays away for so many TTLs at least, so that nobody takes its return for its staying. */
const TTLS_AWAY = 2;
const MAX_PREFIX_LENGTH = 100;

const whole = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most} is wanted`;
  return z
    .string({ error })
    .regex(/^\d{1,10}$/, { error })
    .transform(Number)
    .refine((number) => number >= least && number <= most, { error });
};

const part = z
  .string()
  .regex(/^(0|1|0?\.\d+|1\.0+)$/, {
    error: (issue) => `"${issue.input}" is not a part; write 0 to 1, for example 0.01`,
  })
  .transform(Number);

const schema = z
  .strictObject({
    peels: whole(1, MAX_PEELS).default(1_000),
    interval: heartbeatTimingShape().heartbeatInterval,
    ttl: durationOption({ minMs: 300, maxMs: 86_400_000 }).optional(),
    storage: z
      .enum(["file", "memory"], { error: (issue) => `"${issue.input}" is not valid; use file or memory` })
      .default("file"),
    connections: whole(1, 64).default(2),
    ramp: durationOption({ minMs: 0, maxMs: 86_400_000 }).optional(),
    churn: eventRateOption().default(0),
    crash: eventRateOption().default(0),
    flap: eventRateOption().default(0),
    flapDown: durationOption({ minMs: 0, maxMs: 86_400_000 }).optional(),
    loss: part.default(0),
    seed: whole(0, 4_294_967_295).default(1),
    prefix: z
      .string()
      .max(MAX_PREFIX_LENGTH, { error: `longer than ${MAX_PREFIX_LENGTH} characters` })
      .refine((prefix) => isPeelId(`${prefix}1`), {
        error: (issue) => `"${issue.input}" cannot begin a peel id: ${PEEL_ID_RULE}`,
      })
      .default("swarm-"),
    facts: z.boolean().default(false),
    leave: z.boolean().default(false),
    natsUrl: natsUrlsOption(),
    natsCreds: z.custom<() => Uint8Array>((value) => typeof value === "function").optional(),
    natsCa: z.custom<() => string>((value) => typeof value === "function").optional(),
  })
  .superRefine(({ peels, interval, ttl = interval * INTERVALS_PER_TTL, churn }, context) => {
    if (ttl < interval * INTERVALS_PER_TTL) {
      const least = formatDuration(interval * INTERVALS_PER_TTL);
      const message = `${formatDuration(ttl)} is less than three times the interval of ${formatDuration(interval)}; use ${least} or more`;
      context.addIssue({ code: "custom", path: ["ttl"], message });
    }
    if (churn > 0 && peels + sparePeels(churn, ttl) > MAX_PEELS) {
      const message = `with those that replace others there would be more than ${MAX_PEELS} peels`;
      context.addIssue({ code: "custom", path: ["churn"], message });
    }
  });

/** Checks and completes the options. Throws `INVALID_OPTIONS` with every problem. */
export function resolveSwarmOptions(options: SwarmOptions): SwarmConfig {
  const given = resolveOptions(schema, options);
  const { peels, interval, ttl = interval * INTERVALS_PER_TTL } = given;
  return {
    peels,
    intervalMs: interval,
    ttlMs: ttl,
    storage: given.storage,
    connections: Math.min(given.connections, peels),
    rampMs: given.ramp ?? (peels / JOINS_PER_SECOND) * 1_000,
    churnPerSecond: given.churn,
    crashPerSecond: given.crash,
    flapPerSecond: given.flap,
    flapDownMs: given.flapDown ?? interval,
    loss: given.loss,
    seed: given.seed,
    prefix: given.prefix,
    facts: given.facts,
    leave: given.leave,
    connection: (number) =>
      resolveConnectionOptions({
        urls: given.natsUrl,
        name: `fleet-swarm-${number}`,
        ...(given.natsCreds && { creds: given.natsCreds }),
        ...(given.natsCa && { ca: given.natsCa }),
      }),
  };
}

/** Peels beyond the others that take the place of those that leave, so that these come back two TTLs later at the earliest. */
export function sparePeels(churnPerSecond: number, ttlMs: number): number {
  return churnPerSecond > 0 ? Math.ceil((churnPerSecond * TTLS_AWAY * ttlMs) / 1_000) + 1 : 0;
}
