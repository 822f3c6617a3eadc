/** The sign of life of a loop, for those who watch over the process. */
export interface Pulse {
  readonly name: string;
  /** Monotonic time of the loop's last turn; `undefined` before it runs. A turn whose work failed is one as well. */
  readonly turnedMono: number | undefined;
  /** Longest time between two turns of a loop that is well, whatever the outside does. */
  readonly maxPauseMs: number;
}

/** What a turn may be late by before its loop counts as stuck: a busy machine is no reason for a restart. */
export const PULSE_GRACE_MS = 10_000;

/** The names of the loops that should have turned by now and have not. */
export function stuckLoops(pulses: readonly Pulse[], nowMono: number): readonly string[] {
  return pulses
    .filter(({ turnedMono, maxPauseMs }) => turnedMono !== undefined && nowMono - turnedMono > maxPauseMs)
    .map(({ name }) => name);
}
