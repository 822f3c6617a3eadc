import { setTimeout as pause } from "node:timers/promises";
import type { RunningServer } from "@fleet/broker";
import type { Bucket } from "@fleet/bus";
import { cpuMsOf } from "./process-usage.ts";
import { watchLoad } from "./reached-load.ts";

/** What a beat costs while a fleet beats. */
export interface BeatCost {
  readonly beats: number;
  readonly beatsPerSecond: number;
  /** CPU of the broker for each beat stored, in microseconds. */
  readonly brokerUs: number;
  /** The same of other processes, in the order given. */
  readonly othersUs: readonly number[];
}

/** Looks on for a while. */
export async function costOfBeats(
  server: RunningServer,
  heartbeats: Bucket,
  measureMs: number,
  others: readonly { readonly pid: number }[] = [],
): Promise<BeatCost> {
  const look = async () => ({
    stored: (await heartbeats.state()).lastRevision,
    cpuMs: await Promise.all([server, ...others].map(({ pid }) => cpuMsOf(pid))),
  });
  const load = await watchLoad(heartbeats);
  const before = await look();
  await pause(measureMs);
  const beatsPerSecond = await load();
  const after = await look();
  const beats = after.stored - before.stored;
  const [brokerUs = Number.NaN, ...othersUs] = after.cpuMs.map(
    (cpuMs, index) => ((cpuMs - (before.cpuMs[index] ?? Number.NaN)) * 1_000) / beats,
  );
  return { beats, beatsPerSecond, brokerUs, othersUs };
}
