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

const options = givenOptions<PacedOptions>();
const heard = await listen(options);
await pause(options.warmUpMs);
const [cpu, before, startedMono] = [process.cpuUsage(), heard(), performance.now()];
await pause(options.measureMs);
const { user, system } = process.cpuUsage(cpu);
const beats = heard() - before;
answer({
  cpuUsPerBeat: (user + system) / beats,
  beatsPerSecond: (beats * 1_000) / (performance.now() - startedMono),
} satisfies PacedAnswer);
