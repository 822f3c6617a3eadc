import { constants } from "node:os";

/**
 * Aborts `stop` at the first of these signals and ends the process at once at the second. The function returned gives
 * the signals their usual effect back.
 */
export function abortOnSignals(
  stop: AbortController,
  names: readonly NodeJS.Signals[],
  on: { first?: (name: NodeJS.Signals) => void; second?: (name: NodeJS.Signals) => void } = {},
): () => void {
  let signalled = false;
  const onSignal = (name: NodeJS.Signals) => {
    if (signalled) {
      on.second?.(name);
      process.exit(128 + constants.signals[name]);
    }
    signalled = true;
    on.first?.(name);
    stop.abort();
  };
  for (const name of names) process.on(name, onSignal);
  return () => {
    for (const name of names) process.off(name, onSignal);
  };
}
