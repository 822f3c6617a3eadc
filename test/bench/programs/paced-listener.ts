// Hears a fleet that beats at its own pace, and says what a beat costs.
import { answer, givenOptions } from "../apart.ts";
import { type ListenerOptions, listen, pause } from "./listening.ts";

export interface PacedOptions extends ListenerOptions {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface PacedAnswer {
  /** Of this process, all threads. */
  readonly cpuUsPerBeat: number;
  readonly beatsPerSecond: number;
}

const LOOK_MS = 10;

const options = givenOptions<PacedOptions>();
const heard = await listen(options);
await untilHeard(1);
await pause(options.warmUpMs);
const [cpu, before, startedMono] = [process.cpuUsage(), heard(), performance.now()];
await pause(options.measureMs);
await untilHeard(before + 1);
const { user, system } = process.cpuUsage(cpu);
const beats = heard() - before;
answer({
  cpuUsPerBeat: (user + system) / beats,
  beatsPerSecond: (beats * 1_000) / (performance.now() - startedMono),
} satisfies PacedAnswer);

/** On a machine that does other things as well none may come for a while. */
async function untilHeard(beats: number): Promise<void> {
  while (heard() < beats) await pause(LOOK_MS);
}
