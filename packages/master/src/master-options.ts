import { type ConnectionConfig, natsUrlsOption, resolveConnectionOptions } from "@fleet/bus";
import { type LeaseConfig, leaseOfTtl } from "@fleet/lease";
import { type OperationsConfig, type OperationsOptions, operationsConfig, operationsShape } from "@fleet/ops";
import {
  type HeartbeatTimingOptions,
  heartbeatTimingShape,
  partitionOption,
  withTimingRelation,
} from "@fleet/presence";
import {
  createMasterId,
  type Duration,
  describeOptions,
  durationOption,
  type JsonSchema,
  resolveOptions,
} from "@fleet/runtime";
import { isPeelId, PEEL_ID_PATTERN, PEEL_ID_RULE } from "@fleet/wire";
import * as z from "zod";
import {
  type SystemAccountOptions,
  systemAccountShape,
  systemConnection,
  withOneSystemLogin,
} from "./system-account-options.ts";

/** What a master can be told. */
export interface MasterOptions extends HeartbeatTimingOptions, OperationsOptions, SystemAccountOptions {
  /** @default "master-<KSUID>", another at each start */
  readonly id?: string;
  /** NATS servers of one cluster. @default ["nats://127.0.0.1:4222"] */
  readonly natsUrl?: readonly string[];
  /** Contents of a NATS `.creds` file, asked for at each login. */
  readonly natsCreds?: () => Uint8Array;
  /** Certificate authorities of the NATS servers in PEM, asked for at each dial. */
  readonly natsCa?: () => string;
  /** Where the heartbeat bucket is kept when this master creates it. @default "file" */
  readonly heartbeatStorage?: "file" | "memory";
  /** The partition that it sees, of a fleet whose beats the broker maps to partitions, from 0. @default the whole fleet */
  readonly partition?: number;
  /** Copies of each bucket in a cluster. @default the smaller of 3 and the cluster's size */
  readonly replicas?: number;
  /** Time between two counts of the peels. @default "15s" */
  readonly countInterval?: Duration;
  /** Age at which the lease of a master that is gone ends; the same for all masters. @default "15s" */
  readonly leaseTtl?: Duration;
  /** Forget a peel that has been offline for so long: for names that do not come back. @default never */
  readonly forgetAfter?: Duration;
  /** Time for everything to stop. @default "10s" */
  readonly shutdownTimeout?: Duration;
}

/** {@link MasterOptions}, resolved. */
export interface MasterConfig extends OperationsConfig {
  readonly id: string;
  readonly connection: ConnectionConfig;
  /** `undefined`: what the system account hears is not listened to. */
  readonly systemConnection: ConnectionConfig | undefined;
  readonly heartbeatTtlMs: number;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatStorage: "file" | "memory";
  /** `undefined`: the whole fleet. */
  readonly partition: number | undefined;
  /** `undefined`: by the size of the cluster. */
  readonly replicas: number | undefined;
  readonly countIntervalMs: number;
  readonly lease: LeaseConfig;
  /** `undefined`: peels that are offline are kept for ever. */
  readonly forgetAfterMs: number | undefined;
  readonly shutdownTimeoutMs: number;
}

const shape = z.strictObject({
  id: z
    .string()
    .meta({ pattern: PEEL_ID_PATTERN.source })
    .refine(isPeelId, { error: (issue) => `"${issue.input}" cannot be a master id: ${PEEL_ID_RULE}` })
    .optional(),
  natsUrl: natsUrlsOption(),
  natsCreds: z.custom<() => Uint8Array>((value) => typeof value === "function").optional(),
  natsCa: z.custom<() => string>((value) => typeof value === "function").optional(),
  ...systemAccountShape(),
  ...heartbeatTimingShape(),
  heartbeatStorage: z
    .enum(["file", "memory"], { error: (issue) => `"${issue.input}" is not a storage; use file or memory` })
    .default("file"),
  replicas: z.coerce
    .number({ error: "not a number; use 1 to 5" })
    .int({ error: "not a whole number; use 1 to 5" })
    .min(1, { error: "too few; use 1 to 5" })
    .max(5, { error: "too many; use 1 to 5" })
    .optional(),
  partition: partitionOption(),
  countInterval: durationOption({ minMs: 100, maxMs: 600_000 }).default(15_000),
  leaseTtl: durationOption({ minMs: 1_000, maxMs: 600_000 }).default(15_000),
  forgetAfter: durationOption({ minMs: 60_000, maxMs: 10 * 365 * 86_400_000 }).optional(),
  ...operationsShape(9091),
  shutdownTimeout: durationOption({ minMs: 100, maxMs: 600_000 }).default(10_000),
});
const schema = withOneSystemLogin(withTimingRelation(shape));

/** Checks and completes the options. Throws `INVALID_OPTIONS` with every problem. */
export function resolveMasterOptions(options: MasterOptions): MasterConfig {
  const given = resolveOptions(schema, options);
  const id = given.id ?? createMasterId();
  return {
    id,
    connection: resolveConnectionOptions({
      urls: given.natsUrl,
      name: `master:${id}`,
      inboxPrefix: `_INBOX_${id}`,
      ...(given.natsCreds && { creds: given.natsCreds }),
      ...(given.natsCa && { ca: given.natsCa }),
    }),
    systemConnection: systemConnection(given, { urls: given.natsUrl, name: `master:${id}:system`, ca: given.natsCa }),
    heartbeatTtlMs: given.heartbeatTtl,
    heartbeatIntervalMs: given.heartbeatInterval,
    heartbeatStorage: given.heartbeatStorage,
    partition: given.partition,
    replicas: given.replicas,
    countIntervalMs: given.countInterval,
    lease: leaseOfTtl(given.leaseTtl),
    forgetAfterMs: given.forgetAfter,
    ...operationsConfig(given),
    shutdownTimeoutMs: given.shutdownTimeout,
  };
}

/** What a master can be told, as a JSON schema by option name. */
export function describeMasterOptions(): JsonSchema {
  return describeOptions(schema);
}
