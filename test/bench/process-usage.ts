import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";

let ticksPerSecond: number | undefined;

function msOf(...ticks: readonly (string | undefined)[]): number {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return (ticks.reduce((sum, each) => sum + Number(each), 0) / ticksPerSecond) * 1_000;
}

/** CPU time of a process so far, user and system, in steps of 10 ms where the system counts in hundredths. */
export async function cpuMsOf(pid: number | undefined): Promise<number> {
  const fields = await statFields(pid);
  return msOf(fields[11], fields[12]);
}

/** What all processors of the machine have done so far, and what of it was done for this process and those it has seen the end of. */
export interface MachineUsage {
  readonly atMono: number;
  readonly busyMs: number;
  readonly ownMs: number;
}

export async function machineUsage(): Promise<MachineUsage> {
  const [cpu = ""] = (await readFile("/proc/stat", "utf8")).split("\n");
  const [user, nice, system, _idle, _waiting, interrupts, softInterrupts, stolen] = cpu.split(/ +/).slice(1);
  const fields = await statFields(process.pid);
  return {
    atMono: performance.now(),
    busyMs: msOf(user, nice, system, interrupts, softInterrupts, stolen),
    // Its own user and system time, and that of the processes it has waited for, with theirs.
    ownMs: msOf(...fields.slice(11, 15)),
  };
}

/** Processors that others have kept busy in between. */
export function coresOfOthers(before: MachineUsage, after: MachineUsage): number {
  const othersMs = after.busyMs - before.busyMs - (after.ownMs - before.ownMs);
  return Math.max(0, othersMs / (after.atMono - before.atMono));
}

/** Fields of `/proc/<pid>/stat` from the state on, the third: user and system time are the 14th and 15th. */
async function statFields(pid: number | undefined): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // After the name, which may hold anything.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Resident memory of a process, in millions of bytes. */
export async function rssMbOf(pid: number | undefined): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return (Number(kilobytes) * 1_024) / 1e6;
}
