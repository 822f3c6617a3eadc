import { Command, CommanderError } from "commander";
import { addCommand, withExamples, withFlags, withSettings } from "./command.ts";
import { addConfigCommands } from "./config-commands.ts";
import { keepHeapSmall } from "./heap.ts";
import { CAPACITY_SETTINGS, PLAN_OUTPUT } from "./plan-settings.ts";
import { addPresenceCommands } from "./presence-commands.ts";
import {
  DEV_SETTINGS,
  LIST_SETTINGS,
  LOG_SETTINGS,
  MASTER_SETTINGS,
  PEEL_SETTINGS,
  PING_SETTINGS,
  STEP_DOWN_SETTINGS,
  SWARM_RUN_SETTINGS,
  SWARM_SETTINGS,
} from "./settings.ts";

/** Builds the command line. Each command's code is loaded when it is run: a peel must start quickly. */
export function createProgram(version: string): Command {
  const program = new Command("fleet")
    .description("Presence for machines, on NATS JetStream.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showHelpAfterError("(run with --help for usage)")
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "fleet: ")) })
    .exitOverride();
  withExamples(program, [
    "fleet dev                        # a broker, a master and five peels on this machine",
    "fleet peel list                  # who is here",
    "fleet peel run --label role=web  # the agent of this machine",
    "fleet master run                 # knows who is here, and tells",
    "fleet lease list                 # which master publishes",
  ]);

  const peel = addCommand(program, "peel", {
    summary: "the agent, and what is known of the others",
    description: "Runs the agent of a machine, and shows what is known of the others.",
    examples: ["fleet peel list", "fleet peel run --label role=web"],
  });
  const peelRun = addCommand(peel, "run", {
    summary: "run the agent of this machine",
    description: "Runs the agent of this machine: its heartbeat, its facts, its health and metrics.",
    examples: [
      "fleet peel run",
      "fleet peel run --nats-url nats://nats-1:4222,nats://nats-2:4222 --label role=web --label zone=eu-1",
      "FLEET_NATS_URL=nats://nats-1:4222 fleet peel run --config /etc/fleet/peel.yaml",
    ],
  });
  withSettings(peelRun, [...PEEL_SETTINGS, ...LOG_SETTINGS]).action(async (flags) => {
    keepHeapSmall();
    const { runPeel } = await import("./commands/peel-run.ts");
    await runPeel(flags, version);
  });

  addPresenceCommands(peel);

  const peelPing = addCommand(peel, "ping", {
    summary: "ask peels whether they are there",
    description:
      "Asks peels themselves whether they are there, and how long it takes them to answer. No master is needed. Ends with 3 if one does not answer.",
    examples: ["fleet peel ping web-1", "fleet peel ping web-1 web-2 --count 5 --interval 200ms"],
  }).argument("<id...>", "the peels");
  withSettings(peelPing, PING_SETTINGS).action(async (ids, flags) => {
    const { runPeelPing } = await import("./commands/peel-ping.ts");
    await runPeelPing(ids, flags);
  });

  const master = addCommand(program, "master", {
    summary: "knows who is here, and keeps the buckets",
    description: "Knows who is here, and keeps the buckets.",
    examples: ["fleet master run"],
  });
  const masterRun = addCommand(master, "run", {
    summary: "run a master",
    description:
      "Runs a master: it creates and keeps the buckets, judges who is here, records who comes and goes, and tells Prometheus and whoever asks.",
    examples: [
      "fleet master run",
      "fleet master run --nats-url nats://nats-1:4222 --health-addr 127.0.0.1:9191 --log-format text",
    ],
  });
  withSettings(masterRun, [...MASTER_SETTINGS, ...LOG_SETTINGS]).action(async (flags) => {
    const { runMaster } = await import("./commands/master-run.ts");
    await runMaster(flags, version);
  });

  const lease = addCommand(program, "lease", {
    summary: "which master publishes",
    description: "Shows which master publishes, and lets another one take over.",
    examples: ["fleet lease list", "fleet lease step-down publisher"],
  });
  const leaseList = addCommand(lease, "list", {
    summary: "list the leases that are held",
    description: "Lists the leases that are held, and by whom.",
    examples: ["fleet lease list", "fleet lease list -o json | jq -r '.leases[].holder'"],
  });
  withSettings(leaseList, LIST_SETTINGS).action(async (flags) => {
    const { runLeaseList } = await import("./commands/lease-list.ts");
    await runLeaseList(flags);
  });

  const stepDown = addCommand(lease, "step-down", {
    summary: "make the holder of a lease release it",
    description: "Makes the holder of a lease release it and stay out for one TTL.",
    examples: ["fleet lease step-down publisher", "fleet lease step-down publisher --yes"],
  }).argument("<name>", "the lease, such as publisher");
  withSettings(stepDown, STEP_DOWN_SETTINGS).action(async (name, flags) => {
    const { runLeaseStepDown } = await import("./commands/lease-step-down.ts");
    await runLeaseStepDown(name, flags);
  });

  const swarm = addCommand(program, "swarm", {
    summary: "a simulated fleet of any size",
    description: "Simulates a fleet of any size, for tests and measurements.",
    examples: ["fleet swarm run --peels 10000"],
  });
  const swarmRun = addCommand(swarm, "run", {
    summary: "run a simulated fleet",
    description:
      "Runs a simulated fleet: peels that beat like real ones, over a few connections. At the end it tells what became of every beat.",
    examples: [
      "fleet swarm run --peels 10000",
      "fleet swarm run --peels 1000000 --interval 10s --duration 5m -o json",
      "fleet swarm run --peels 500 --churn 5/s --crash 1/s --loss 0.01 --seed 7",
    ],
  });
  withSettings(swarmRun, [...SWARM_SETTINGS, ...SWARM_RUN_SETTINGS]).action(async (flags) => {
    const { runSwarm } = await import("./commands/swarm-run.ts");
    await runSwarm(flags, version);
  });

  const plan = addCommand(program, "plan", {
    summary: "what a fleet of a given size needs",
    description:
      "Tells what a fleet of a given size needs: brokers, masters, network, how soon it finds what happens, and the configuration to use. By arithmetic from measured figures; nothing is asked.",
    examples: [
      "fleet plan --peels 100000",
      "fleet plan --peels 1000000 --interval 10s --replicas 3 --broker-cores 16",
      "fleet plan --peels 10000000 --interval 30s -o config > fleet.yaml",
    ],
  });
  withFlags(plan, [...CAPACITY_SETTINGS, PLAN_OUTPUT]).action(async (flags) => {
    const { runPlan } = await import("./commands/plan.ts");
    await runPlan(flags);
  });

  addConfigCommands(program);

  const dev = addCommand(program, "dev", {
    summary: "run a whole fleet on this machine",
    description: "Runs a whole fleet on this machine: a NATS server with a temporary store, masters and peels.",
    examples: ["fleet dev", "fleet dev --peels 20 --masters 2", "fleet dev --duration 30s --verbose"],
  });
  withFlags(dev, DEV_SETTINGS).action(async (flags) => {
    const { runDev } = await import("./commands/dev.ts");
    await runDev(flags);
  });
  return program;
}

/** Whether an error is the parser's own: it has said what is wrong already, or it was asked for help. */
export function isParserError(error: unknown): error is CommanderError {
  return error instanceof CommanderError;
}
