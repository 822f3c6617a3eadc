import { readFileSync } from "node:fs";
import { messageOf } from "@fleet/runtime";
import { checkConfigurationText } from "../check-configuration.ts";
import { cliErrors } from "../errors.ts";

/** `fleet config check` */
export async function runConfigCheck(path: string): Promise<void> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw cliErrors.create("USAGE", `${path}: ${messageOf(error)}`, error);
  }
  const problems = await checkConfigurationText(text);
  if (problems.length > 0) {
    const lines = problems.map(({ line, message }) => `${path}${line === undefined ? "" : `:${line}`}: ${message}`);
    throw cliErrors.create("USAGE", lines.join("\n"));
  }
  console.log(`${path}: nothing wrong`);
}
