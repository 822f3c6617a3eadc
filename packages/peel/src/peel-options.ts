import { hostname } from "node:os";
import { type ConnectionConfig, natsUrlsOption, resolveConnectionOptions } from "@fleet/bus";
import { type OperationsConfig, type OperationsOptions, operationsConfig, operationsShape } from "@fleet/ops";
import { type HeartbeatTimingOptions, heartbeatTimingShape, withTimingRelation } from "@fleet/presence/peel";
import { type Duration, describeOptions, durationOption, type JsonSchema, resolveOptions } from "@fleet/runtime";
import { isPeelId, PEEL_ID_PATTERN, PEEL_ID_RULE, peelConnectionName, peelIdFromHostname } from "@fleet/wire";
import * as z from "zod";

/** What a peel can be told. */
export interface PeelOptions extends HeartbeatTimingOptions, OperationsOptions {
  /** Name of this peel in the fleet. @default the host name, `.` turned to `_` */
  readonly id?: string;
  /** NATS servers of one cluster. @default ["nats://127.0.0.1:4222"] */
  readonly natsUrl?: readonly string[];
  /** Contents of a NATS `.creds` file, asked for at each login. */
  readonly natsCreds?: () => Uint8Array;
  /** Certificate authorities of the NATS servers in PEM, asked for at each dial. */
  readonly natsCa?: () => string;
  /** Labels to select this peel by; part of its facts. @default {} */
  readonly label?: Readonly<Record<string, string>>;
  /** Time for everything to stop. @default "10s" */
  readonly shutdownTimeout?: Duration;
}

/** {@link PeelOptions}, resolved. */
export interface PeelConfig extends OperationsConfig {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly heartbeatIntervalMs: number;
  readonly shutdownTimeoutMs: number;
  /** The connection of one session of this peel. */
  connection(session: string): ConnectionConfig;
}

const LABEL_KEY = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;
const LABEL_KEY_RULE = "use 1 to 63 letters, digits and _ . -, beginning with a letter or digit";
const LABEL_MAX_CHARACTERS = 256;

const schema = withTimingRelation(
  z.strictObject({
    id: z
      .string()
      .meta({ pattern: PEEL_ID_PATTERN.source })
      .refine(isPeelId, { error: (issue) => `"${issue.input}" cannot be a peel id: ${PEEL_ID_RULE}` })
      .optional(),
    natsUrl: natsUrlsOption(),
    natsCreds: z.custom<() => Uint8Array>((value) => typeof value === "function").optional(),
    natsCa: z.custom<() => string>((value) => typeof value === "function").optional(),
    label: z
      .record(
        z.string().regex(LABEL_KEY),
        z
          .string({ error: "not text" })
          .max(LABEL_MAX_CHARACTERS, { error: `longer than ${LABEL_MAX_CHARACTERS} characters` }),
        {
          error: (issue) =>
            issue.code === "invalid_key" ? `"${issue.input}" cannot be a label: ${LABEL_KEY_RULE}` : undefined,
        },
      )
      .default({}),
    ...heartbeatTimingShape(),
    ...operationsShape(9090),
    shutdownTimeout: durationOption({ minMs: 100, maxMs: 600_000 }).default(10_000),
  }),
);

/** Checks and completes the options. Throws `INVALID_OPTIONS` with every problem. */
export function resolvePeelOptions(options: PeelOptions): PeelConfig {
  const given = resolveOptions(schema, { ...options, id: options.id ?? peelIdFromHostname(hostname()) ?? "" });
  const id = given.id ?? "";
  return {
    id,
    labels: given.label,
    heartbeatIntervalMs: given.heartbeatInterval,
    ...operationsConfig(given),
    shutdownTimeoutMs: given.shutdownTimeout,
    connection: (session) =>
      resolveConnectionOptions({
        urls: given.natsUrl,
        name: peelConnectionName({ id, session }),
        inboxPrefix: `_INBOX_${id}`,
        ...(given.natsCreds && { creds: given.natsCreds }),
        ...(given.natsCa && { ca: given.natsCa }),
      }),
  };
}

/** What a peel can be told, as a JSON schema by option name. */
export function describePeelOptions(): JsonSchema {
  return describeOptions(schema);
}
