import type { Command } from "commander";
import type { Setting } from "./setting.ts";

/** How a command is told of. */
export interface CommandTexts {
  /** In the list of commands. */
  readonly summary: string;
  /** On its own page. */
  readonly description: string;
  readonly examples: readonly string[];
}

/** Adds a command that takes after its parent. */
export function addCommand(parent: Command, name: string, { summary, description, examples }: CommandTexts): Command {
  const command = parent.command(name).summary(summary).description(description);
  withExamples(command, examples);
  return command;
}

/** Shows examples above the help. */
export function withExamples(command: Command, examples: readonly string[]): void {
  command.addHelpText("before", `Examples:\n${examples.map((example) => `  $ ${example}`).join("\n")}\n`);
}

/** Adds the flags of `settings` and `--config`. */
export function withSettings(command: Command, settings: readonly Setting[]): Command {
  return withFlags(command, settings).option(
    "--config <file>",
    "YAML file with settings, keys as flags with _ for - (env: FLEET_CONFIG)",
  );
}

/** Adds the flags of `settings`. Values stay text: the package that takes them checks them. */
export function withFlags(command: Command, settings: readonly Setting[]): Command {
  const flagged = settings.filter(({ environmentOnly }) => !environmentOnly);
  for (const { flag, short, kind, placeholder, description, defaultText, defaultNote, variables } of flagged) {
    const inForce = defaultText ?? defaultNote;
    const notes = [
      ...(inForce === undefined ? [] : [`default: ${inForce}`]),
      ...(variables.length === 0 ? [] : [`env: ${variables.join(", ")}`]),
    ];
    const text = notes.length > 0 ? `${description} (${notes.join("; ")})` : description;
    const names = short === undefined ? flag : `${short}, ${flag}`;
    if (kind === "switch") command.option(names, text);
    else if (kind === "text") command.option(`${names} <${placeholder}>`, text);
    else command.option(`${names} <${placeholder}>`, text, (part: string, parts: string[] = []) => [...parts, part]);
  }
  return command;
}
