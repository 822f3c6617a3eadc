// Hears more beats at once than it takes, and says how many it takes in a second of its own time.
import { connect } from "nats";
import { answer, givenOptions } from "../apart.ts";
import { FLOOD_SUBJECT, type FloodOptions } from "./flood.ts";
import { type ListenerOptions, listen, pause } from "./listening.ts";

export interface FloodedAnswer {
  /** For each second of CPU that the process has had, all threads: others that want the machine do not count. */
  readonly beatsPerCpuSecond: number;
}

const LOOK_MS = 2;

const { floods, beats, ...options } = givenOptions<ListenerOptions & FloodOptions>();
const heard = await listen(options);
const client = await connect({ servers: options.url });
let beatsPerCpuSecond = Number.NaN;
for (let flood = 0; flood < floods; flood += 1) {
  const [cpu, before] = [process.cpuUsage(), heard()];
  await askForFlood();
  while (heard() < before + beats) await pause(LOOK_MS);
  const { user, system } = process.cpuUsage(cpu);
  // The last flood counts: by then everything is compiled and every peel is known.
  beatsPerCpuSecond = (beats * 1e6) / (user + system);
}
answer({ beatsPerCpuSecond } satisfies FloodedAnswer);

/** Whoever floods may still be starting. */
async function askForFlood(): Promise<void> {
  for (;;) {
    try {
      await client.request(FLOOD_SUBJECT);
      return;
    } catch {
      await pause(LOOK_MS);
    }
  }
}
