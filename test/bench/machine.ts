import { execFile } from "node:child_process";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import { promisify } from "node:util";

/** Where figures come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly natsServer: string;
  /** The commit measured; `+` if something was changed since. */
  readonly commit: string;
  /** Processes that wanted to run during the minute before: well above 0, others were at work. */
  readonly loadBefore: number;
}

export async function describeMachine(natsServer: string): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e8) / 10,
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    natsServer,
    commit: await describeCommit(),
    loadBefore: loadavg()[0] ?? Number.NaN,
  };
}

async function describeCommit(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["describe", "--always", "--dirty=+"]);
    return stdout.trim();
  } catch {
    return "unknown";
  }
}

export function renderMachine(machine: Machine): string {
  const { cpu, cores, memoryGb, system, node, natsServer, commit, loadBefore } = machine;
  return `${cores} cores (${cpu}), ${memoryGb} GB, ${system}; Node.js ${node}, nats-server ${natsServer}; commit ${commit}; load before: ${loadBefore.toFixed(1)}`;
}
