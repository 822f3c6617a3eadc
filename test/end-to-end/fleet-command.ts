import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@fleet/runtime/testing";

const ROOT = join(import.meta.dirname, "..", "..", "..");

/** The command as it is committed. */
export const FLEET_BIN: string = join(ROOT, "packages", "cli", "bin", "fleet.js");

/** Bound of a wait that is over in a second or two when nothing else keeps the machine busy. */
export const PATIENCE: { readonly timeoutMs: number } = { timeoutMs: 60_000 };

/** How a command ended, with all that it printed. */
export interface FleetEnding {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `fleet` command that runs. */
export interface FleetCommand extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<FleetEnding>;
  /** What Ctrl-C does: every process of its group gets the signal. */
  interrupt(): void;
}

export interface FleetCommandOptions {
  /** Added to an environment without any setting of fleet's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Another copy of the command. */
  readonly bin?: string;
  /** Options of Node.js. */
  readonly nodeOptions?: readonly string[];
}

/** Starts `fleet` as a user would. It is killed when disposed of. */
export function startFleet(args: readonly string[], options: FleetCommandOptions = {}): FleetCommand {
  const { environment = {}, bin = FLEET_BIN, nodeOptions = [] } = options;
  const inherited = Object.entries(process.env).filter(([name]) => !/^(FLEET_(?!NATS_SERVER)|NATS_URL$)/.test(name));
  const child = spawn(process.execPath, [...nodeOptions, bin, ...args], {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, to be interrupted as one.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("fleet could not be started");
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    printed.stderr += chunk;
  });
  const ended = new Promise<FleetEnding>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, ...printed }));
  });
  return {
    child,
    pid,
    get stdout() {
      return printed.stdout;
    },
    get stderr() {
      return printed.stderr;
    },
    ended,
    interrupt() {
      process.kill(-pid, "SIGINT");
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs `fleet` to its end. */
export function runFleet(args: readonly string[], options: FleetCommandOptions = {}): Promise<FleetEnding> {
  return startFleet(args, options).ended;
}

export interface RunningProcess {
  readonly pid: number;
  readonly commandLine: string;
}

/** The processes that `pid` has started and that still run. */
export function childrenOf(pid: number): Promise<RunningProcess[]> {
  return findProcesses(async (each) => (await parentOf(each)) === pid);
}

/** The processes that run with `text` in their command line. */
export async function processesWith(text: string): Promise<RunningProcess[]> {
  return (await findProcesses(isRunning)).filter(({ commandLine }) => commandLine.includes(text));
}

async function findProcesses(wanted: (pid: number) => Promise<boolean>): Promise<RunningProcess[]> {
  const found: RunningProcess[] = [];
  for (const pid of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number)) {
    if (!(await wanted(pid))) continue;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    found.push({ pid, commandLine: commandLine.replaceAll("\0", " ").trim() });
  }
  return found;
}

/** Whether a process runs; one that is dead and waits for its parent to notice does not. */
export async function isRunning(pid: number): Promise<boolean> {
  return (await parentOf(pid)) !== undefined;
}

/** Resolves when all these processes are gone. */
export async function untilGone(processes: readonly RunningProcess[]): Promise<void> {
  await eventually(async () => {
    for (const { pid, commandLine } of processes) {
      if (await isRunning(pid)) throw new Error(`still runs: ${commandLine}`);
    }
  }, PATIENCE);
}

async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [, state, parent] = /\) (\S) (\d+)/.exec(stat) ?? [];
  return parent === undefined || state === "Z" || state === "X" ? undefined : Number(parent);
}
