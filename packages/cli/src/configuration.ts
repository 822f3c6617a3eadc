import { readFileSync } from "node:fs";
import { messageOf, type OptionProblem } from "@fleet/runtime";
import { closest } from "fastest-levenshtein";
import { parse as parseYaml } from "yaml";
import { cliErrors } from "./errors.ts";
import type { Setting } from "./setting.ts";
import { FILE_KEYS } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Values in force, before they are checked, and where each came from. */
export interface Configuration {
  /** By option name. */
  readonly values: Readonly<Record<string, unknown>>;
  /** By option name, in words: `FLEET_NATS_URL`, `nats_url in fleet.yaml`. */
  readonly sources: Readonly<Record<string, string>>;
}

export interface ConfigurationInput {
  readonly settings: readonly Setting[];
  /** Values given by flags, by option name; `config` names the file. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
}

/** Puts flags over environment over file. Throws `USAGE` with every problem of the file and of values' form. */
export function readConfiguration({ settings, flags, environment }: ConfigurationInput): Configuration {
  const file = readFile(flags["config"] ?? (environment["FLEET_CONFIG"] || undefined));
  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  const problems: string[] = [];

  for (const item of settings) {
    const variable = item.variables.find((name) => environment[name]);
    const given: [unknown, string] | undefined =
      flags[item.option] !== undefined
        ? [flags[item.option], item.flag]
        : variable !== undefined
          ? [environment[variable], variable]
          : file?.content[item.key] !== undefined && file.content[item.key] !== null
            ? [file.content[item.key], `${item.key} in ${file.path}`]
            : undefined;
    if (!given) continue;
    const [raw, source] = given;
    const shaped = shapeValue(item, raw);
    if (shaped.problem) problems.push(`${source}: ${shaped.problem}`);
    else values[item.option] = shaped.value;
    sources[item.option] = source;
  }
  if (problems.length > 0) throw cliErrors.create("USAGE", problems.join("\n"));
  return { values, sources };
}

/** Problems in words, each with the flag, variable or key that the value came from. */
export function describeProblems(
  problems: readonly OptionProblem[],
  settings: readonly Setting[],
  configuration: Configuration,
): string[] {
  return problems.map(({ option, message }) => {
    const [name = "", ...rest] = option.split(".");
    const flag = settings.find((item) => item.option === name)?.flag ?? name;
    const source = configuration.sources[name];
    const where = source === undefined || source === flag ? flag : `${flag} (from ${source})`;
    const member = rest.find((step) => !/^\d+$/.test(step));
    return member === undefined ? `${where}: ${message}` : `${where} ${member}: ${message}`;
  });
}

/** Brings a raw value into the setting's form; durations and numbers stay as written. */
function shapeValue(item: Setting, raw: unknown): { value?: unknown; problem?: string } {
  switch (item.kind) {
    case "text":
      if (typeof raw === "string" || typeof raw === "number") return { value: String(raw) };
      return { problem: `a single value is wanted, such as ${item.placeholder}` };
    case "list": {
      const parts = Array.isArray(raw) ? raw : [raw];
      if (!parts.every((part): part is string => typeof part === "string"))
        return { problem: "a list of texts is wanted" };
      return {
        value: parts
          .flatMap((part) => part.split(","))
          .map((part) => part.trim())
          .filter((part) => part !== ""),
      };
    }
    case "map": {
      if (typeof raw === "object" && raw !== null && !Array.isArray(raw)) {
        return { value: Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, String(value)])) };
      }
      const parts = (Array.isArray(raw) ? raw : String(raw).split(",")).map(String);
      const wrong = parts.find((part) => !/^[^=]+=/.test(part));
      if (wrong !== undefined) return { problem: `"${wrong}" is not of the form ${item.placeholder}` };
      return {
        value: Object.fromEntries(
          parts.map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]),
        ),
      };
    }
    case "switch":
      if (raw === true || raw === "true" || raw === "1") return { value: true };
      if (raw === false || raw === "false" || raw === "0") return { value: false };
      return { problem: `"${String(raw)}" is not a yes or no; write true or false` };
  }
}

function readFile(path: unknown): { path: string; content: Readonly<Record<string, unknown>> } | undefined {
  if (path === undefined) return undefined;
  const name = String(path);
  let content: unknown;
  try {
    content = parseYaml(readFileSync(name, "utf8")) ?? {};
  } catch (error) {
    throw cliErrors.create("USAGE", `--config ${name}: ${messageOf(error)}`, error);
  }
  if (typeof content !== "object" || Array.isArray(content) || content === null) {
    throw cliErrors.create(
      "USAGE",
      `--config ${name}: a map of settings is wanted, such as "nats_url: nats://127.0.0.1:4222"`,
    );
  }
  const unknown = Object.keys(content).filter((key) => !FILE_KEYS.includes(key));
  if (unknown.length > 0) {
    const list = unknown.map((key) => `unknown key "${key}"; did you mean "${closest(key, [...FILE_KEYS])}"?`);
    throw cliErrors.create("USAGE", list.map((text) => `--config ${name}: ${text}`).join("\n"));
  }
  return { path: name, content: content as Record<string, unknown> };
}
