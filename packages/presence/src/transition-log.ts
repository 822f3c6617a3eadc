import type { Clock, Logger } from "@fleet/runtime";
import type { Transition } from "./transition.ts";

/** Writes transitions to the log: a line each at once, and where many come together one line for the rest of them. */
export interface TransitionLog {
  take(transition: Transition): void;
  /** Writes what it still has. */
  flush(): void;
}

/** So many lines of one reason are written in this time; what is more is counted. */
const WINDOW_MS = 1_000;
const MAX_LINES = 10;
/** Peels named in the line for the rest. */
const NAMED = 5;

interface Window {
  lines: number;
  readonly rest: string[];
  readonly mass: boolean;
}

export function createTransitionLog({ clock, logger }: { clock: Clock; logger: Logger }): TransitionLog {
  /** By reason; the losses of very many, of whatever reason and never written one by one, share one. */
  const windows = new Map<string, Window>();
  let cancel: (() => void) | undefined;

  const flush = () => {
    cancel?.();
    cancel = undefined;
    for (const [key, { rest, mass }] of windows) {
      if (rest.length === 0) continue;
      const fields = { ...(!mass && { reason: key }), count: rest.length, some: rest.slice(0, NAMED) };
      if (mass) logger.warn("very many peels lost at once", fields);
      else logger.info("more peels changed at the same time", fields);
    }
    windows.clear();
  };

  return {
    take({ id, session, rival, reason, mass }) {
      const key = mass ? "lost" : reason;
      const window = windows.get(key) ?? { lines: 0, rest: [], mass };
      windows.set(key, window);
      cancel ??= clock.setTimer(WINDOW_MS, flush);
      if (mass || window.lines >= MAX_LINES) {
        window.rest.push(id);
        return;
      }
      window.lines += 1;
      const level = reason === "conflict" ? "warn" : "info";
      logger[level](`peel ${reason}`, { peel_id: id, session, ...(rival !== undefined && { rival }) });
    },
    flush,
  };
}
