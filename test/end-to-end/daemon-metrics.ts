import assert from "node:assert/strict";
import { eventually } from "@fleet/runtime/testing";
import type { DaemonProcess } from "./daemon-process.ts";
import { PATIENCE } from "./fleet-command.ts";

/** What a master's metrics say, by series without the prefix. */
export async function metricsOf(master: Pick<DaemonProcess, "url">): Promise<ReadonlyMap<string, number>> {
  const body = await (await fetch(`${await master.url()}/metrics`)).text();
  const series = body.matchAll(/^fleet_(\S+) (\S+)$/gm);
  return new Map(Array.from(series, ([, name = "", value]) => [name, Number(value)]));
}

/** Waits until a master's metrics say so. */
export function untilMetrics(master: DaemonProcess, wanted: Readonly<Record<string, number>>): Promise<void> {
  return eventually(async () => {
    const metrics = await metricsOf(master);
    const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, metrics.get(name)]));
    assert.deepEqual(found, wanted, `${master.id}\n${master.command.stdout}`);
  }, PATIENCE);
}
