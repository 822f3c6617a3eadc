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

/** What a master's metrics say, by series without the prefix. */
export async function seriesOf(master: MasterProcess): Promise<ReadonlyMap<string, number>> {
  const body = await (await fetch(`${await master.url()}/metrics`)).text();
  const series = body.matchAll(/^fleet_(\S+) (\S+)$/gm);
  return new Map(Array.from(series, ([, name = "", value]) => [name, Number(value)]));
}
