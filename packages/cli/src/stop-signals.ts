import { constants } from "node:os";
import { type Clock, systemClock } from "@fleet/runtime";

/**
 * One Ctrl-C can arrive twice: the terminal signals every process, and npm passes on what it gets. The same signal this soon
 * after the first is that one.
 */
const SAME_SIGNAL_MS = 300;

export interface StopSignalsOptions {
  /** Told of the signal that stops things. */
  readonly first?: (name: NodeJS.Signals) => void;
  /** Told of the one that ends the process at once. */
  readonly second?: (name: NodeJS.Signals) => void;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** @default process.exit */
  readonly exit?: (code: number) => void;
}

/**
 * Aborts `stop` at the first of these signals and ends the process at once at the second. The function returned gives
 * the signals their usual effect back.
 */
export function abortOnSignals(
  stop: AbortController,
  names: readonly NodeJS.Signals[],
  { first, second, clock = systemClock, exit = process.exit }: StopSignalsOptions = {},
): () => void {
  let stopped: { readonly name: NodeJS.Signals; readonly atMono: number } | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    if (stopped === undefined) {
      stopped = { name, atMono: clock.monoMs() };
      first?.(name);
      stop.abort();
    } else if (name !== stopped.name || clock.monoMs() - stopped.atMono >= SAME_SIGNAL_MS) {
      second?.(name);
      exit(128 + constants.signals[name]);
    }
  };
  for (const name of names) process.on(name, onSignal);
  return () => {
    for (const name of names) process.off(name, onSignal);
  };
}
