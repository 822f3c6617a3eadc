import { type Clock, formatDuration, type Logger } from "@fleet/runtime";
import type { Transition } from "./transition.ts";

/** Writes transitions to the log: one by one, and as one line where many come at once. */
export interface TransitionLog {
  take(transition: Transition): void;
  /** Writes what it still has. */
  flush(): void;
}

/** Transitions are collected for this long. */
const COLLECT_MS = 1_000;
/** So many of a kind in that time are a line each. */
const MAX_LINES = 10;
const NAMED = 5;

export function createTransitionLog({ clock, logger }: { clock: Clock; logger: Logger }): TransitionLog {
  const kinds = new Map<string, Transition[]>();
  let cancel: (() => void) | undefined;

  const flush = () => {
    cancel?.();
    cancel = undefined;
    for (const transitions of kinds.values()) write(transitions);
    kinds.clear();
  };

  const write = (transitions: readonly Transition[]) => {
    const [first] = transitions;
    if (!first) return;
    const { reason, mass } = first;
    if (!mass && transitions.length <= MAX_LINES) {
      for (const { id, session, rival } of transitions) {
        const level = reason === "conflict" ? "warn" : "info";
        logger[level](`peel ${reason}`, { peel: id, session, ...(rival !== undefined && { rival }) });
      }
      return;
    }
    const some = transitions.slice(0, NAMED).map(({ id }) => id);
    const fields = { reason, count: transitions.length, some, within: formatDuration(COLLECT_MS) };
    if (mass) logger.warn("very many peels lost at once", { ...fields, mass });
    else logger.info("many peels changed at once", fields);
  };

  return {
    take(transition) {
      const kind = `${transition.reason} ${transition.mass}`;
      const transitions = kinds.get(kind);
      if (transitions) transitions.push(transition);
      else kinds.set(kind, [transition]);
      cancel ??= clock.setTimer(COLLECT_MS, flush);
    },
    flush,
  };
}
