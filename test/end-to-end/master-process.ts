import { type DaemonProcess, startDaemon } from "./daemon-process.ts";

/** `fleet master run` in a process of its own, and what became of it. */
export type MasterProcess = DaemonProcess;

/** Starts a master; the lease's TTL and whatever else are given as flags. */
export function startMasterProcess(id: string, flags: Readonly<Record<string, string>>): MasterProcess {
  return startDaemon("master", id, flags);
}
