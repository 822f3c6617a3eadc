import type { OptionProblem } from "@fleet/runtime";
import { readConfigurationFile } from "./configuration-file.ts";
import type { Setting } from "./setting.ts";
import { shapeValue } from "./setting-value.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What kind of source a value came from. */
export type Origin = "flag" | "environment" | "file";

/** Values in force, before they are checked, and where each came from. */
export interface Configuration {
  /** By option name. */
  readonly values: Readonly<Record<string, unknown>>;
  /** By option name, in words: `FLEET_NATS_URL`, `nats_url in fleet.yaml`. */
  readonly sources: Readonly<Record<string, string>>;
  /** By option name. */
  readonly origins: Readonly<Record<string, Origin>>;
  /** What is wrong already: unknown keys of the file and values of the wrong form, which are left out of `values`. */
  readonly problems: readonly string[];
}

export interface ConfigurationInput {
  readonly settings: readonly Setting[];
  /** Values given by flags, by option name; `config` names the file. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
}

/** Puts flags over environment over file. Throws `USAGE` if there is no reading the file. */
export function readConfiguration({ settings, flags, environment }: ConfigurationInput): Configuration {
  const file = readConfigurationFile(flags["config"], environment["FLEET_CONFIG"]);
  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  const origins: Record<string, Origin> = {};
  const problems: string[] = [...(file?.problems ?? [])];

  for (const item of settings) {
    const variable = item.variables.find((name) => environment[name]);
    const given: [unknown, string, Origin] | undefined =
      flags[item.option] !== undefined
        ? [flags[item.option], item.flag, "flag"]
        : variable !== undefined
          ? [environment[variable], variable, "environment"]
          : file?.content[item.key] && !item.environmentOnly
            ? [file.content[item.key], `${item.key} in ${file.path}`, "file"]
            : undefined;
    if (!given) continue;
    const [raw, source, origin] = given;
    const shaped = shapeValue(item, raw);
    if (shaped.problem) problems.push(`${whereOf(item.flag, source)}: ${shaped.problem}`);
    else values[item.option] = shaped.value;
    sources[item.option] = source;
    origins[item.option] = origin;
  }
  return { values, sources, origins, problems };
}

/** Problems in words, each with the flag, variable or key that the value came from. */
export function describeProblems(
  problems: readonly OptionProblem[],
  settings: readonly Setting[],
  { values, sources }: Configuration,
): string[] {
  return problems.map(({ option, message }) => {
    const [name = "", ...rest] = option.split(".");
    const flag = settings.find((item) => item.option === name)?.flag ?? name;
    return `${whereOf(flag, sources[name])}${memberOf(values[name], rest)}: ${message}`;
  });
}

function whereOf(flag: string, source: string | undefined): string {
  return source === undefined || source === flag ? flag : `${flag} (from ${source})`;
}

/** Which member of a value: the key in a map, the place in a list that has several. */
function memberOf(value: unknown, steps: readonly string[]): string {
  const [step] = steps;
  if (step === undefined) return "";
  if (!Array.isArray(value)) return ` ${step}`;
  return value.length > 1 ? `, number ${Number(step) + 1}` : "";
}
