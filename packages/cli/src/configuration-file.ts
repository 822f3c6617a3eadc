import { readFileSync } from "node:fs";
import { messageOf } from "@fleet/runtime";
import { closest } from "fastest-levenshtein";
import { readConfigurationText } from "./configuration-text.ts";
import { cliErrors } from "./errors.ts";
import { FILE_KEYS } from "./settings.ts";

export interface ConfigurationFile {
  readonly path: string;
  /** By key. Scalars are text as written, so that a label `1.10` stays one. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Keys that are no setting's. */
  readonly problems: readonly string[];
}

/** Reads the file that the flag or else the variable names. Throws `USAGE` if it cannot be read or is not a map. */
export function readConfigurationFile(flag: unknown, variable: string | undefined): ConfigurationFile | undefined {
  const path = flag ?? (variable || undefined);
  if (typeof path !== "string") return undefined;
  const where = flag === undefined ? `FLEET_CONFIG ${path}` : `--config ${path}`;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw cliErrors.create("USAGE", `${where}: ${messageOf(error)}`, error);
  }
  const { content, problems } = readConfigurationText(text);
  if (problems.length > 0) {
    throw cliErrors.create(
      "USAGE",
      problems.map(({ line, message }) => `${where}${line ? `:${line}` : ""}: ${message}`).join("\n"),
    );
  }
  return { path, content, problems: unknownKeys(content).map(([, problem]) => `${where}: ${problem}`) };
}

/** What is no name is not repeated: a password may stand in it. */
const NAME = /^[a-z][a-z0-9_-]{0,63}$/i;

/** Keys that are no setting's, each with what is wrong with it. */
export function unknownKeys(content: Readonly<Record<string, unknown>>): [key: string, problem: string][] {
  return Object.keys(content)
    .filter((key) => !FILE_KEYS.includes(key))
    .map((key) => [
      key,
      NAME.test(key)
        ? `unknown key "${key}"; did you mean "${closest(key, [...FILE_KEYS])}"?`
        : 'a key that is no setting\'s name; write a setting a line, such as "nats_url: nats://127.0.0.1:4222"',
    ]);
}
