import type { OptionProblem } from "@fleet/runtime";
import { unknownKeys } from "./configuration-file.ts";
import { type ConfigurationText, readConfigurationText, type TextProblem } from "./configuration-text.ts";
import { DAEMONS } from "./daemon-name.ts";
import { type DaemonSettings, loadDaemonSettings } from "./daemon-settings.ts";
import { resolveValues } from "./resolve-settings.ts";
import { shapeValue } from "./setting-value.ts";

/** All that is wrong with a configuration file's text, for a peel or for a master, in the order of its lines. */
export async function checkConfigurationText(text: string): Promise<readonly TextProblem[]> {
  const read = readConfigurationText(text);
  if (read.problems.length > 0) return read.problems;
  const problems: TextProblem[] = unknownKeys(read.content).map(([key, message]) => ({
    line: read.lineOf([key]),
    message,
  }));
  for (const name of DAEMONS) {
    for (const problem of problemsFor(await loadDaemonSettings(name), read)) {
      if (!problems.some(({ line, message }) => line === problem.line && message === problem.message)) {
        problems.push(problem);
      }
    }
  }
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function problemsFor({ settings, resolvers }: DaemonSettings, { content, lineOf }: ConfigurationText): TextProblem[] {
  const problems: TextProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const item of settings) {
    if (item.environmentOnly || !content[item.key]) continue;
    const shaped = shapeValue(item, content[item.key]);
    if (shaped.problem) problems.push({ line: lineOf([item.key]), message: `${item.key}: ${shaped.problem}` });
    else values[item.option] = shaped.value;
  }
  const { problems: found } = resolveValues(values, {
    ...resolvers,
    // The host's own name, which may be of no use as an id, is no matter of the file.
    config: (checked) => resolvers.config({ id: "any", ...checked }),
  });
  const describe = ({ option, message }: OptionProblem): TextProblem => {
    const [name = "", ...members] = option.split(".");
    const key = settings.find((item) => item.option === name)?.key ?? name;
    const member = Array.isArray(values[name]) ? "" : members.map((step) => ` ${step}`).join("");
    return { line: lineOf([key, ...members]), message: `${key}${member}: ${message}` };
  };
  return [...problems, ...found.map(describe)];
}
