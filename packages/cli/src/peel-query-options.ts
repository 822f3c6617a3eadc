import { isPattern, partitionOption } from "@fleet/presence";
import { durationOption, resolveOptions } from "@fleet/runtime";
import { type CountKey, isCountKey, isPeelId, PEEL_ID_RULE, PEEL_STATES, type PeelFilter } from "@fleet/wire";
import * as z from "zod";
import { cliErrors } from "./errors.ts";
import type { Values } from "./resolve-settings.ts";

export const LIST_FORMATS = ["table", "wide", "json", "yaml", "ids"] as const;
export const DOCUMENT_FORMATS = ["table", "json", "yaml"] as const;

export const SORT_COLUMNS = ["id", "state", "since", "last-seen", "version", "os", "reason"] as const;

/** What a list is sorted by. */
export interface PeelOrder {
  readonly column: (typeof SORT_COLUMNS)[number];
  readonly descending: boolean;
}

/** How `fleet peel list` shows what it finds. */
export interface PeelListConfig {
  readonly output: (typeof LIST_FORMATS)[number];
  readonly order: PeelOrder;
  readonly watch: boolean;
  readonly check: boolean;
  /** Longest time to wait for NATS. */
  readonly timeoutMs: number;
}

/** How a command that shows one thing does it. */
export interface DocumentConfig {
  readonly output: (typeof DOCUMENT_FORMATS)[number];
  readonly timeoutMs: number;
}

const timeout = () => durationOption({ minMs: 100, maxMs: 600_000 }).default(5_000);
const word = <Word extends string>(words: readonly [Word, ...Word[]], what: string) =>
  z.enum(words, {
    error: (issue) => `"${issue.input}" is not a ${what}; use ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
  });

const listSchema = z
  .object({
    output: word(LIST_FORMATS, "format").default("table"),
    sort: z
      .string()
      .transform((text) => ({ column: text.replace(/^-/, ""), descending: text.startsWith("-") }))
      .pipe(z.object({ column: word(SORT_COLUMNS, "column"), descending: z.boolean() }))
      .default({ column: "id", descending: false }),
    watch: z.boolean().default(false),
    check: z.boolean().default(false),
    timeout: timeout(),
  })
  .refine(({ watch, output }) => !watch || (output !== "yaml" && output !== "ids"), {
    path: ["watch"],
    error: "changes are shown as a table or as json",
  })
  .refine(({ watch, check }) => !watch || !check, { path: ["watch"], error: "does not go with --check" });

/** Checks how `fleet peel list` is to show what it finds. Throws `INVALID_OPTIONS` with every problem. */
export function resolvePeelListOptions(values: Values): PeelListConfig {
  const { sort, timeout: timeoutMs, ...rest } = resolveOptions(listSchema, values);
  return { ...rest, order: sort, timeoutMs };
}

const documentSchema = z.object({ output: word(DOCUMENT_FORMATS, "format").default("table"), timeout: timeout() });

/** Checks `output` and `timeout` of a command that shows one thing. Throws `INVALID_OPTIONS` with every problem. */
export function resolveDocumentOptions(values: Values): DocumentConfig {
  const { output, timeout: timeoutMs } = resolveOptions(documentSchema, values);
  return { output, timeoutMs };
}

const sinceSchema = z.object({
  since: durationOption({ minMs: 1_000, maxMs: 3_650 * 86_400_000 }).default(86_400_000),
});

/** How far back a history goes, in ms. */
export function resolveSince(values: Values): number {
  return resolveOptions(sinceSchema, values).since;
}

const countSchema = z.object({
  by: z
    .string()
    .refine(isCountKey, {
      error: (issue) => `peels cannot be counted by "${issue.input}"; use state, version, os, arch or label:KEY`,
    })
    .default("state"),
});

/** What peels are counted by. */
export function resolveCountKey(values: Values): CountKey {
  return resolveOptions(countSchema, values).by as CountKey;
}

const partitionSchema = z.object({ partition: partitionOption() });

/** Which partition is asked; `undefined`: the fleet is not split. */
export function resolvePartition(values: Values): number | undefined {
  return resolveOptions(partitionSchema, values).partition;
}

const filterSchema = z
  .object({
    label: z.record(z.string(), z.string()).optional(),
    online: z.boolean().default(false),
    offline: z.boolean().default(false),
    state: z.array(word(PEEL_STATES, "state")).min(1, { error: "no state given" }).optional(),
  })
  .refine(({ online, offline }) => !(online && offline), { path: ["offline"], error: "does not go with --online" })
  .refine(({ online, offline, state }) => !state || !(online || offline), {
    path: ["state"],
    error: "does not go with --online or --offline",
  });

/** Which peels are meant, but for their ids. Throws `INVALID_OPTIONS` with every problem. */
export function resolvePeelFilter(values: Values): PeelFilter {
  const { label, online, offline, state } = resolveOptions(filterSchema, values);
  const states = online ? PEEL_STATES.filter((each) => each !== "offline") : offline ? (["offline"] as const) : state;
  return { ...(label && { labels: label }), ...(states && { states }) };
}

/** What ids and globs are made of. */
const PATTERN = /^[a-zA-Z0-9_.*?[\]!^-]{1,256}$/;

/** The filter with ids and globs as arguments give them. Throws `USAGE` if one can match no peel. */
export function withPatterns(filter: PeelFilter, patterns: readonly string[]): PeelFilter {
  const wrong = patterns.filter((text) => !(isPattern(text) ? PATTERN.test(text) : isPeelId(text)));
  if (wrong.length > 0) {
    throw cliErrors.create(
      "USAGE",
      wrong
        .map((text) => `"${text}" is neither a peel id nor a pattern: ${PEEL_ID_RULE}, and * ? [a-z] for any`)
        .join("\n"),
    );
  }
  return patterns.length > 0 ? { ...filter, ids: patterns } : filter;
}

/** Throws `USAGE` unless `id` can be a peel's. */
export function requirePeelId(id: string): void {
  if (!isPeelId(id)) throw cliErrors.create("USAGE", `"${id}" cannot be a peel id: ${PEEL_ID_RULE}`);
}
