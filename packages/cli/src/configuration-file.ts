import { readFileSync } from "node:fs";
import { messageOf } from "@fleet/runtime";
import { closest } from "fastest-levenshtein";
import { parse as parseYaml } from "yaml";
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
  let content: unknown;
  try {
    // Everything but null is read as text.
    content =
      parseYaml(readFileSync(path, "utf8"), { schema: "failsafe", customTags: ["null"], logLevel: "error" }) ?? {};
  } catch (error) {
    throw cliErrors.create("USAGE", `${where}: ${messageOf(error).trimEnd()}`, error);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw cliErrors.create("USAGE", `${where}: a map of settings is wanted, such as "nats_url: nats://127.0.0.1:4222"`);
  }
  const problems = Object.keys(content)
    .filter((key) => !FILE_KEYS.includes(key))
    .map((key) => `${where}: unknown key "${key}"; did you mean "${closest(key, [...FILE_KEYS])}"?`);
  return { path, content: content as Record<string, unknown>, problems };
}
