import { accessSync, constants, readFileSync } from "node:fs";
import { InvalidOptionsError, messageOf, type OptionProblem } from "@fleet/runtime";
import { type Configuration, describeProblems, type Environment, readConfiguration } from "./configuration.ts";
import { cliErrors } from "./errors.ts";
import type { Setting } from "./setting.ts";

/** Values by option name, as put together from flags, environment and file. */
export type Values = Readonly<Record<string, unknown>>;

/** Settings that name files, and so can name one that is not there. */
const FILE_OPTIONS = ["natsCreds", "natsCa", "natsSysCreds", "natsSysPasswordFile", "metricsBearerFile"];

/** What a bearer token is made of; anything else never gets through a header as it was. */
const TOKEN = /^[\x21-\x7e]+$/;

/** By the name of each part, what checks and completes its values. */
export type Resolvers<Parts> = { readonly [Name in keyof Parts]: (values: Values) => Parts[Name] };

/**
 * Puts together the values of `settings` and has each part of `resolvers` checked by its own function. Throws
 * `USAGE` with every problem of every part.
 */
export function resolveSettings<Parts extends Record<string, unknown>>(
  settings: readonly Setting[],
  flags: Values,
  resolvers: Resolvers<Parts>,
  environment: Environment = process.env,
): Parts {
  return loadSettings(settings, flags, resolvers, environment).parts;
}

/** The same, with where each value came from. */
export function loadSettings<Parts extends Record<string, unknown>>(
  settings: readonly Setting[],
  flags: Values,
  resolvers: Resolvers<Parts>,
  environment: Environment = process.env,
): { readonly parts: Parts; readonly configuration: Configuration } {
  const configuration = readConfiguration({ settings, flags, environment });
  const { parts, problems } = resolveValues(configuration.values, resolvers);
  const told = [...configuration.problems, ...describeProblems(problems, settings, configuration)];
  if (told.length > 0) throw cliErrors.create("USAGE", told.join("\n"));
  return { parts: parts as Parts, configuration };
}

/** Has each part of `resolvers` checked by its own function; what is wrong is given back with the parts that are not. */
export function resolveValues<Parts extends Record<string, unknown>>(
  given: Values,
  resolvers: Resolvers<Parts>,
): { readonly parts: Partial<Parts>; readonly problems: readonly OptionProblem[] } {
  const problems: OptionProblem[] = [...fileProblems(given), ...tokenProblems(given), ...passwordProblems(given)];
  const values = withFileReaders(given);
  const parts: Partial<Parts> = {};
  for (const name of Object.keys(resolvers) as (keyof Parts)[]) {
    try {
      parts[name] = resolvers[name](values);
    } catch (error) {
      if (!(error instanceof InvalidOptionsError)) throw error;
      problems.push(...error.problems);
    }
  }
  return { parts, problems };
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

function tokenProblems({ metricsBearer, metricsBearerFile }: Values): OptionProblem[] {
  const problem = (option: string, message: string) => [{ option, message }];
  if (metricsBearer !== undefined && metricsBearerFile !== undefined) {
    return problem("metricsBearer", "the token and a file with it are both given; leave out one of them");
  }
  if (typeof metricsBearer === "string" && !TOKEN.test(metricsBearer)) {
    return problem("metricsBearer", "a token is one word of visible ASCII characters");
  }
  if (typeof metricsBearerFile !== "string") return [];
  try {
    if (TOKEN.test(readSecret(metricsBearerFile))) return [];
  } catch {
    // Told already, with the other files.
    return [];
  }
  return problem("metricsBearerFile", `${metricsBearerFile} is not one word of visible ASCII characters`);
}

function passwordProblems({ natsSysPassword, natsSysPasswordFile }: Values): OptionProblem[] {
  if (natsSysPassword === undefined || natsSysPasswordFile === undefined) return [];
  const message = "the password and a file with it are both given; leave out one of them";
  return [{ option: "natsSysPassword", message }];
}

/** What a file holds, without the line end that editors add. */
function readSecret(path: string): string {
  return readFileSync(path, "utf8").trim();
}

/** Replaces names of files by ways to read them, so that a renewed file counts at the next use. */
function withFileReaders(values: Values): Values {
  const { natsCreds, natsCa, metricsBearer, metricsBearerFile, ...rest } = values;
  const { natsSysCreds, natsSysPassword, natsSysPasswordFile, ...others } = rest;
  return {
    ...others,
    ...(typeof natsCreds === "string" && { natsCreds: () => readFileSync(natsCreds) }),
    ...(typeof natsCa === "string" && { natsCa: () => readFileSync(natsCa, "utf8") }),
    ...(typeof natsSysCreds === "string" && { natsSysCreds: () => readFileSync(natsSysCreds) }),
    ...(typeof natsSysPassword === "string" && { natsSysPassword: () => natsSysPassword }),
    ...(typeof natsSysPasswordFile === "string" && { natsSysPassword: () => readSecret(natsSysPasswordFile) }),
    ...(typeof metricsBearer === "string" && { metricsBearer: () => metricsBearer }),
    ...(typeof metricsBearerFile === "string" && { metricsBearer: () => readSecret(metricsBearerFile) }),
  };
}
