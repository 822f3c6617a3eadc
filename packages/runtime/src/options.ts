import * as z from "zod";
import { DURATION_PATTERN, parseDuration } from "./duration.ts";
import { FleetError, runtimeErrors } from "./errors.ts";

/** A length of time as people write it: `15s`, `1h30m`, `250ms`. */
export type Duration = string;

/** One option whose value cannot be used. */
export interface OptionProblem {
  /** The option's name as in the options interface: `heartbeatInterval`. */
  readonly option: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** `INVALID_OPTIONS` with every problem found. */
export class InvalidOptionsError extends FleetError {
  readonly problems: readonly OptionProblem[];

  constructor(problems: readonly OptionProblem[]) {
    const list = problems.map((problem) => `${problem.option}: ${problem.message}`).join("; ");
    super("INVALID_OPTIONS", `invalid options: ${list}`, runtimeErrors.rows.INVALID_OPTIONS);
    this.problems = problems;
  }
}

/** A JSON schema, draft 7. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What `schema` takes, as far as a JSON schema can say it; options that are functions are described as anything. */
export function describeOptions(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" }) as JsonSchema;
}

/** A schema for a duration option; the parsed value is in milliseconds. */
export function durationOption(bounds: { minMs: number; maxMs: number }): z.ZodType<number, Duration> {
  const text = z
    .string({ error: "not a duration; write for example 250ms, 15s or 1h30m" })
    .meta({ pattern: DURATION_PATTERN.source });
  return text.transform((text, context) => {
    const durationMs = parseDuration(text);
    if (durationMs === undefined) {
      context.addIssue({
        code: "custom",
        message: `"${text}" is not a duration; write for example 250ms, 15s or 1h30m`,
      });
      return z.NEVER;
    }
    if (durationMs < bounds.minMs || durationMs > bounds.maxMs) {
      context.addIssue({
        code: "custom",
        message: `${text} is outside ${bounds.minMs / 1_000}s to ${bounds.maxMs / 1_000}s`,
      });
      return z.NEVER;
    }
    return durationMs;
  }) as unknown as z.ZodType<number, Duration>;
}

/** Checks `given` against `schema`. Throws {@link InvalidOptionsError} with all problems at once. */
export function resolveOptions<Config>(schema: z.ZodType<Config>, given: unknown): Config {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new InvalidOptionsError(result.error.issues.flatMap(problemsOf));
}

/** One problem for each option named: the schema reports the unknown ones together, at the object they are in. */
function problemsOf(issue: z.core.$ZodIssue): OptionProblem[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ option: [...path, key].join("."), message: "there is no such option" }));
  }
  return [{ option: path.join(".") || "(options)", message: issue.message }];
}
