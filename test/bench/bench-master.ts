import type { RunningServer } from "@fleet/broker";
import { type MasterProcess, startMasterProcess } from "../end-to-end/master-process.ts";
import { guard } from "./apart.ts";

/** Starts a master of this broker; what else it is told are its flags. */
export async function startBenchMaster(
  server: RunningServer,
  id: string,
  flags: Readonly<Record<string, string>> = {},
): Promise<MasterProcess> {
  const master = startMasterProcess(id, { "nats-url": server.url, ...flags });
  await guard(master.command.child);
  return master;
}
