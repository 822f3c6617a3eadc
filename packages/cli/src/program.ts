import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Setting } from "./setting.ts";
import { LOG_SETTINGS, MASTER_SETTINGS, NATS_SETTINGS, PEEL_SETTINGS } from "./settings.ts";

/** Builds the command line. Each command's code is loaded when it is run: a peel must start quickly. */
export function createProgram(version: string): Command {
  const program = new Command("fleet")
    .description("Presence for machines, on NATS JetStream.")
    .version(version, "-V, --version", "print the version")
    .showHelpAfterError("(run with --help for usage)")
    .configureHelp({ showGlobalOptions: false })
    .exitOverride();
  withExamples(program, [
    "fleet dev                        # a broker, a master and five peels on this machine",
    "fleet peel list                  # who is here",
    "fleet peel run --label role=web  # the agent of this machine",
    "fleet master run                 # counts the peels for Prometheus",
  ]);

  const peel = program.command("peel").description("the agent, and what is known of the others").exitOverride();
  const peelRun = peel.command("run").description("run the agent of this machine");
  withExamples(peelRun, [
    "fleet peel run",
    "fleet peel run --nats-url nats://nats-1:4222,nats://nats-2:4222 --label role=web --label zone=eu-1",
    "FLEET_NATS_URL=nats://nats-1:4222 fleet peel run --config /etc/fleet/peel.yaml",
  ]);
  withSettings(peelRun, [...PEEL_SETTINGS, ...LOG_SETTINGS]).action(async (flags) => {
    const { runPeel } = await import("./commands/peel-run.ts");
    await runPeel(flags, version);
  });

  const peelList = peel.command("list").description("list every peel known from facts or heartbeats");
  withExamples(peelList, [
    "fleet peel list",
    "fleet peel list -o json | jq -r '.peels[] | select(.online == false) | .id'",
  ]);
  withSettings(peelList, NATS_SETTINGS)
    .option("-o, --output <format>", "table or json", "table")
    .option("--timeout <duration>", "longest time to wait for NATS", "5s")
    .action(async (flags) => {
      const { runPeelList } = await import("./commands/peel-list.ts");
      await runPeelList(flags);
    });

  const master = program.command("master").description("counts the peels and keeps the buckets").exitOverride();
  const masterRun = master.command("run").description("run a master");
  withExamples(masterRun, [
    "fleet master run",
    "fleet master run --nats-url nats://nats-1:4222 --health-addr 127.0.0.1:9191 --log-format text",
  ]);
  withSettings(masterRun, [...MASTER_SETTINGS, ...LOG_SETTINGS]).action(async (flags) => {
    const { runMaster } = await import("./commands/master-run.ts");
    await runMaster(flags, version);
  });

  const dev = program.command("dev").description("run a whole fleet on this machine: broker, masters and peels");
  withExamples(dev, ["fleet dev", "fleet dev --peels 20 --masters 2", "fleet dev --duration 30s --verbose"]);
  dev
    .option("--masters <count>", "masters to start", parseCount(1, 20), 1)
    .option("--peels <count>", "peels to start", parseCount(0, 200), 5)
    .option("--nats-url <url>", "use this NATS instead of starting one")
    .option("--nats-port <port>", "port of the NATS server started (default: 4222, another if that is taken)", parseCount(1, 65_535))
    .option("--duration <duration>", "stop after this time (default: at Ctrl-C)")
    .option("--heartbeat-interval <duration>", "time between two beats of a peel", "10s")
    .option("--verbose", "show the log of every process")
    .action(async (flags) => {
      const { runDev } = await import("./commands/dev.ts");
      await runDev(flags, version);
    });
  return program;
}

function withExamples(command: Command, examples: readonly string[]): void {
  command.addHelpText("before", `Examples:\n${examples.map((example) => `  $ ${example}`).join("\n")}\n`);
}

/** Adds the flags of `settings` and `--config`. Values stay text: the package that takes them checks them. */
function withSettings(command: Command, settings: readonly Setting[]): Command {
  for (const { flag, kind, placeholder, description, defaultText, variables } of settings) {
    const notes = [...(defaultText === undefined ? [] : [`default: ${defaultText}`]), `env: ${variables.join(", ")}`];
    const text = `${description} (${notes.join("; ")})`;
    if (kind === "switch") command.option(flag, text);
    else if (kind === "text") command.option(`${flag} <${placeholder}>`, text);
    else command.option(`${flag} <${placeholder}>`, text, (part: string, parts: string[] = []) => [...parts, part]);
  }
  return command.option("--config <file>", "YAML file with settings, keys as flags with _ for - (env: FLEET_CONFIG)");
}

function parseCount(least: number, most: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (!Number.isInteger(count) || count < least || count > most) {
      throw new InvalidArgumentError(`Use a whole number from ${least} to ${most}.`);
    }
    return count;
  };
}

/** Whether an error is the parser's own: it has said what is wrong already, or it was asked for help. */
export function isParserError(error: unknown): error is CommanderError {
  return error instanceof CommanderError;
}
