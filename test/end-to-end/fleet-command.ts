import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const FLEET_BIN = join(import.meta.dirname, "..", "..", "..", "packages", "cli", "bin", "fleet.js");

/** A `fleet` command that runs. */
export interface FleetCommand {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code, or 128 and the signal's place when it was killed; with all that it printed. */
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    stdout: string;
    stderr: string;
  }>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface FleetCommandOptions {
  /** Added to an environment without any setting of fleet's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Another copy of the command. */
  readonly bin?: string;
}

/** Starts `fleet` as a user would. It is killed when disposed of. */
export function startFleet(args: readonly string[], options: FleetCommandOptions = {}): FleetCommand {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(FLEET_(?!NATS_SERVER)|NATS_URL$)/.test(name));
  const child = spawn(process.execPath, [options.bin ?? FLEET_BIN, ...args], {
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    printed.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    printed.stderr += chunk;
  });
  const ended: FleetCommand["ended"] = new Promise((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, ...printed }));
  });
  return {
    child,
    get stdout() {
      return printed.stdout;
    },
    get stderr() {
      return printed.stderr;
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs `fleet` to its end. */
export function runFleet(args: readonly string[], options: FleetCommandOptions = {}): FleetCommand["ended"] {
  return startFleet(args, options).ended;
}

/** Processes whose command line contains `text`, by id. */
export async function findProcesses(text: string): Promise<number[]> {
  const { readdir, readFile } = await import("node:fs/promises");
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const commandLine = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    if (commandLine.replaceAll("\0", " ").includes(text)) found.push(Number(entry));
  }
  return found;
}
