import {
  describeOptions,
  type JsonSchema,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
  resolveOptions,
} from "@fleet/runtime";
import * as z from "zod";

/** How the log is written. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

const word = <Word extends string>(words: readonly [Word, ...Word[]]) =>
  z.enum(words, { error: (issue) => `"${issue.input}" is not valid; use ${words.join(", ")}` });

const schema = z.object({
  logLevel: word(LOG_LEVELS).default("info"),
  logFormat: word(LOG_FORMATS).default("json"),
});

/** Checks `logLevel` and `logFormat`. Throws `INVALID_OPTIONS` naming the valid words. */
export function resolveLogOptions(values: Readonly<Record<string, unknown>>): LogConfig {
  const { logLevel, logFormat } = resolveOptions(schema, values);
  return { level: logLevel, format: logFormat };
}

/** What the log can be told, as a JSON schema by option name. */
export function describeLogOptions(): JsonSchema {
  return describeOptions(schema);
}
