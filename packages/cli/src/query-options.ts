import { type ConnectionConfig, resolveConnectionOptions } from "@fleet/bus";
import { durationOption, InvalidOptionsError, resolveOptions } from "@fleet/runtime";
import * as z from "zod";

const FORMATS = ["table", "json"] as const;

/** How a command that asks something answers. */
export interface QueryConfig {
  readonly output: (typeof FORMATS)[number];
  /** Longest time to wait for NATS. */
  readonly timeoutMs: number;
}

const schema = z.object({
  output: z
    .enum(FORMATS, { error: (issue) => `"${issue.input}" is not a format; use ${FORMATS.join(" or ")}` })
    .default("table"),
  timeout: durationOption({ minMs: 100, maxMs: 600_000 }).default(5_000),
});

/** Checks `output` and `timeout`. Throws `INVALID_OPTIONS` with every problem. */
export function resolveQueryOptions(values: Readonly<Record<string, unknown>>): QueryConfig {
  const { output, timeout } = resolveOptions(schema, values);
  return { output, timeoutMs: timeout };
}

const DOCUMENT_FORMATS = ["table", "json", "yaml"] as const;

const documentSchema = z.object({
  output: z
    .enum(DOCUMENT_FORMATS, { error: (issue) => `"${issue.input}" is not a format; use table, json or yaml` })
    .default("table"),
});

/** Checks `output` where YAML is offered as well. Throws `INVALID_OPTIONS`. */
export function resolveDocumentFormat(values: Readonly<Record<string, unknown>>): (typeof DOCUMENT_FORMATS)[number] {
  return resolveOptions(documentSchema, values).output;
}

const PLAN_FORMATS = ["table", "json", "config"] as const;

const planSchema = z.object({
  output: z
    .enum(PLAN_FORMATS, { error: (issue) => `"${issue.input}" is not a format; use table, json or config` })
    .default("table"),
});

/** Checks `output` of a plan. Throws `INVALID_OPTIONS`. */
export function resolvePlanOutput(values: Readonly<Record<string, unknown>>): (typeof PLAN_FORMATS)[number] {
  return resolveOptions(planSchema, values).output;
}

/** The setting behind each option of a connection. */
const CONNECTION_SETTINGS: Readonly<Record<string, string>> = { urls: "natsUrl", creds: "natsCreds", ca: "natsCa" };

/** The connection of a command. Throws `INVALID_OPTIONS` with every problem, by the names of the settings. */
export function resolveCliConnection(values: Readonly<Record<string, unknown>>): ConnectionConfig {
  const { natsUrl, natsCreds, natsCa } = values;
  try {
    return resolveConnectionOptions({
      name: "fleet-cli",
      ...(natsUrl !== undefined && { urls: natsUrl as string[] }),
      ...(natsCreds !== undefined && { creds: natsCreds as () => Uint8Array }),
      ...(natsCa !== undefined && { ca: natsCa as () => string }),
    });
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    throw new InvalidOptionsError(
      error.problems.map(({ option, message }) => {
        const [first = "", ...rest] = option.split(".");
        return { option: [CONNECTION_SETTINGS[first] ?? first, ...rest].join("."), message };
      }),
    );
  }
}
