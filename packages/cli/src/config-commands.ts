import type { Command } from "commander";
import { addCommand, withSettings } from "./command.ts";
import { DAEMONS, type DaemonName } from "./daemon-name.ts";
import type { Values } from "./resolve-settings.ts";
import { CONFIG_OUTPUT, LOG_SETTINGS, MASTER_SETTINGS, PEEL_SETTINGS } from "./settings.ts";

/** Adds the commands about settings and configuration files. */
export function addConfigCommands(program: Command): void {
  const config = addCommand(program, "config", {
    summary: "what is set, and whether a file is right",
    description: "Shows the settings in force and where each comes from, and checks configuration files.",
    examples: ["fleet config show peel", "fleet config check /etc/fleet/peel.yaml"],
  });
  const show = addCommand(config, "show", {
    summary: "show the settings in force",
    description:
      "Shows every setting as it is in force, with its source and without secrets: of a peel, a master or both.",
    examples: [
      "fleet config show",
      "fleet config show peel --config /etc/fleet/peel.yaml",
      "fleet config show master -o json | jq '.master[] | select(.source != \"default\")'",
    ],
  });
  const runShow = async (names: readonly DaemonName[], flags: Values) => {
    const { runConfigShow } = await import("./commands/config-show.ts");
    await runConfigShow(names, flags);
  };
  withSettings(show, [CONFIG_OUTPUT])
    .allowExcessArguments()
    .action(async (flags, { args: [other] }: Command) => {
      if (other !== undefined) show.error(`error: there is no daemon '${other}'; there are ${DAEMONS.join(" and ")}`);
      await runShow(DAEMONS, flags);
    });
  for (const [name, settings] of [
    ["peel", PEEL_SETTINGS],
    ["master", MASTER_SETTINGS],
  ] as const) {
    const one = addCommand(show, name, {
      summary: `show the settings of a ${name}`,
      description: `Shows what \`fleet ${name} run\` with the same flags would run with.`,
      examples: [`fleet config show ${name}`, `fleet config show ${name} --heartbeat-interval 5s -o yaml`],
    });
    withSettings(one, [...settings, ...LOG_SETTINGS, CONFIG_OUTPUT]).action((_, command: Command) =>
      // What is told to `show` itself counts as well.
      runShow([name], command.optsWithGlobals()),
    );
  }
  const check = addCommand(config, "check", {
    summary: "check a configuration file",
    description: "Checks a configuration file, for peels and for masters: 0 if nothing is wrong with it, 2 otherwise.",
    examples: ["fleet config check /etc/fleet/peel.yaml"],
  }).argument("<file>", "YAML file with settings");
  check.action(async (file) => {
    const { runConfigCheck } = await import("./commands/config-check.ts");
    await runConfigCheck(file);
  });
}
