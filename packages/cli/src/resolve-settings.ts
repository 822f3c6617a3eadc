import { accessSync, constants, readFileSync } from "node:fs";
import { InvalidOptionsError, messageOf, type OptionProblem } from "@fleet/runtime";
import { describeProblems, type Environment, readConfiguration } from "./configuration.ts";
import { cliErrors } from "./errors.ts";
import type { Setting } from "./setting.ts";

/** Values by option name, as put together from flags, environment and file. */
export type Values = Readonly<Record<string, unknown>>;

/** Settings that name files, and so can name one that is not there. */
const FILE_OPTIONS = ["natsCreds", "natsCa"];

/**
 * Puts together the values of `settings` and has each part of `resolvers` checked by its own function. Throws
 * `USAGE` with every problem of every part.
 */
export function resolveSettings<Parts extends Record<string, unknown>>(
  settings: readonly Setting[],
  flags: Values,
  resolvers: { readonly [Name in keyof Parts]: (values: Values) => Parts[Name] },
  environment: Environment = process.env,
): Parts {
  const configuration = readConfiguration({ settings, flags, environment });
  const problems: OptionProblem[] = fileProblems(configuration.values);
  const values = withFileReaders(configuration.values);
  const parts: Partial<Parts> = {};
  for (const name of Object.keys(resolvers) as (keyof Parts)[]) {
    try {
      parts[name] = resolvers[name](values);
    } catch (error) {
      if (!(error instanceof InvalidOptionsError)) throw error;
      problems.push(...error.problems);
    }
  }
  const told = [...configuration.problems, ...describeProblems(problems, settings, configuration)];
  if (told.length > 0) throw cliErrors.create("USAGE", told.join("\n"));
  return parts as Parts;
}

function fileProblems(values: Values): OptionProblem[] {
  const problems: OptionProblem[] = [];
  for (const option of FILE_OPTIONS) {
    const path = values[option];
    if (typeof path !== "string") continue;
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      problems.push({ option, message: messageOf(error) });
    }
  }
  return problems;
}

/** Replaces names of files by ways to read them, so that a renewed file counts at the next connect. */
function withFileReaders(values: Values): Values {
  const { natsCreds, natsCa } = values;
  return {
    ...values,
    ...(typeof natsCreds === "string" && { natsCreds: () => readFileSync(natsCreds) }),
    ...(typeof natsCa === "string" && { natsCa: () => readFileSync(natsCa, "utf8") }),
  };
}
