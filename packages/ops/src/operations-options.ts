import { type Duration, durationOption } from "@fleet/runtime";
import * as z from "zod";
import { type ListenAddress, listenAddressOption } from "./listen-address.ts";
import { metricPrefixOption } from "./metrics.ts";

/** What can be told about the operations server of a program. */
export interface OperationsOptions {
  /** Where it listens. @default "127.0.0.1" and the program's port */
  readonly healthAddr?: string;
  /** Whether `/health` tells of each check. @default "on" */
  readonly healthDetails?: "on" | "off";
  /** How long NATS may be away before `/healthz` fails. @default it never fails for that */
  readonly livenessNatsGrace?: Duration;
  /**
   * The token that opens metrics, messages of checks and admin endpoints, asked for at each request.
   * @default none: they are open on loopback and closed elsewhere
   */
  readonly metricsBearer?: () => string;
  /** Serve metrics without authentication also where other machines can reach them. @default false */
  readonly metricsInsecure?: boolean;
  /** Put before the metrics' names. @default "fleet" */
  readonly metricsPrefix?: string;
}

/** {@link OperationsOptions}, resolved. */
export interface OperationsConfig {
  readonly healthAddr: ListenAddress;
  readonly healthDetails: boolean;
  /** `undefined`: as long as it likes. */
  readonly livenessNatsGraceMs: number | undefined;
  readonly metricsBearer: (() => string) | undefined;
  readonly metricsInsecure: boolean;
  readonly metricsPrefix: string;
}

/** {@link OperationsOptions} as their schema leaves them. */
export interface GivenOperations extends Omit<OperationsConfig, "livenessNatsGraceMs" | "metricsBearer"> {
  readonly livenessNatsGrace?: number | undefined;
  readonly metricsBearer?: (() => string) | undefined;
}

/** The schema of {@link OperationsOptions}, member by member, for a program that listens on `port` by default. */
export function operationsShape(port: number): {
  readonly [Name in keyof OperationsOptions]-?: z.ZodType<GivenOperations[Name], OperationsOptions[Name]>;
} {
  return {
    healthAddr: listenAddressOption().default({ host: "127.0.0.1", port }) as unknown as z.ZodType<
      ListenAddress,
      string | undefined
    >,
    healthDetails: z
      .enum(["on", "off"], { error: (issue) => `"${issue.input}" is neither on nor off` })
      .default("on")
      .transform((word) => word === "on"),
    livenessNatsGrace: durationOption({ minMs: 1_000, maxMs: 7 * 86_400_000 }).optional(),
    metricsBearer: z.custom<() => string>((value) => typeof value === "function").optional(),
    metricsInsecure: z.boolean().default(false),
    metricsPrefix: metricPrefixOption().default("fleet"),
  };
}

/** The configuration that the schema's values amount to. */
export function operationsConfig(given: GivenOperations): OperationsConfig {
  return {
    healthAddr: given.healthAddr,
    healthDetails: given.healthDetails,
    livenessNatsGraceMs: given.livenessNatsGrace,
    metricsBearer: given.metricsBearer,
    metricsInsecure: given.metricsInsecure,
    metricsPrefix: given.metricsPrefix,
  };
}
