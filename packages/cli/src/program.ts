import { Command, CommanderError } from "commander";
import type { Setting } from "./setting.ts";
import {
  DEV_SETTINGS,
  LIST_SETTINGS,
  LOG_SETTINGS,
  MASTER_SETTINGS,
  PEEL_SETTINGS,
  STEP_DOWN_SETTINGS,
} from "./settings.ts";

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
    "fleet lease list                 # which master publishes",
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
  withSettings(peelList, LIST_SETTINGS).action(async (flags) => {
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

  const lease = program.command("lease").description("which master publishes").exitOverride();
  const leaseList = lease.command("list").description("list the leases that are held, and by whom");
  withExamples(leaseList, ["fleet lease list", "fleet lease list -o json | jq -r '.leases[].holder'"]);
  withSettings(leaseList, LIST_SETTINGS).action(async (flags) => {
    const { runLeaseList } = await import("./commands/lease-list.ts");
    await runLeaseList(flags);
  });

  const stepDown = lease
    .command("step-down")
    .argument("<name>", "the lease, such as publisher")
    .description("make the holder of a lease release it and stay out for one TTL");
  withExamples(stepDown, ["fleet lease step-down publisher", "fleet lease step-down publisher --yes"]);
  withSettings(stepDown, STEP_DOWN_SETTINGS).action(async (name, flags) => {
    const { runLeaseStepDown } = await import("./commands/lease-step-down.ts");
    await runLeaseStepDown(name, flags);
  });

  const dev = program.command("dev").description("run a whole fleet on this machine: broker, masters and peels");
  withExamples(dev, ["fleet dev", "fleet dev --peels 20 --masters 2", "fleet dev --duration 30s --verbose"]);
  withFlags(dev, DEV_SETTINGS).action(async (flags) => {
    const { runDev } = await import("./commands/dev.ts");
    await runDev(flags);
  });
  return program;
}

function withExamples(command: Command, examples: readonly string[]): void {
  command.addHelpText("before", `Examples:\n${examples.map((example) => `  $ ${example}`).join("\n")}\n`);
}

/** Adds the flags of `settings` and `--config`. */
function withSettings(command: Command, settings: readonly Setting[]): Command {
  return withFlags(command, settings).option(
    "--config <file>",
    "YAML file with settings, keys as flags with _ for - (env: FLEET_CONFIG)",
  );
}

/** Adds the flags of `settings`. Values stay text: the package that takes them checks them. */
function withFlags(command: Command, settings: readonly Setting[]): Command {
  for (const { flag, short, kind, placeholder, description, defaultText, variables } of settings) {
    const notes = [
      ...(defaultText === undefined ? [] : [`default: ${defaultText}`]),
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

/** Whether an error is the parser's own: it has said what is wrong already, or it was asked for help. */
export function isParserError(error: unknown): error is CommanderError {
  return error instanceof CommanderError;
}
