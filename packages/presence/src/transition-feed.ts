import { createDeferred, type Deferred } from "@fleet/runtime";
import { presenceErrors } from "./errors.ts";
import type { Transition } from "./transition.ts";

/** Hands every transition to every reader. */
export interface TransitionFeed {
  publish(transition: Transition): void;
  /** Calls `onTransition` for each, at once and in order; the function returned ends that. */
  listen(onTransition: (transition: Transition) => void): () => void;
  /**
   * What is published from now on, until `signal` aborts. A reader who is too slow gets what was kept for him, and then
   * `TRANSITIONS_LOST`.
   */
  read(signal: AbortSignal): AsyncIterableIterator<Transition>;
}

/** Transitions that may wait for a reader: as many as a fleet of this size makes at once. */
const MAX_WAITING = 1_000_000;

interface Reader {
  readonly waiting: Transition[];
  wake: Deferred<void> | undefined;
  overrun: boolean;
}

/** Creates a feed. @default as many transitions may wait as a fleet of the largest size makes at once */
export function createTransitionFeed({ maxWaiting = MAX_WAITING }: { maxWaiting?: number } = {}): TransitionFeed {
  const readers = new Set<Reader>();
  const listeners = new Set<(transition: Transition) => void>();
  return {
    listen(onTransition) {
      listeners.add(onTransition);
      return () => listeners.delete(onTransition);
    },
    publish(transition) {
      for (const listener of listeners) listener(transition);
      for (const reader of readers) {
        if (reader.waiting.length >= maxWaiting) reader.overrun = true;
        if (!reader.overrun) reader.waiting.push(transition);
        reader.wake?.resolve();
      }
    },
    read(signal) {
      const reader: Reader = { waiting: [], wake: undefined, overrun: false };
      const onAbort = () => {
        readers.delete(reader);
        reader.wake?.resolve();
      };
      const end = () => {
        signal.removeEventListener("abort", onAbort);
        readers.delete(reader);
      };
      // From the call, not from the first step: nothing in between is missed.
      if (!signal.aborted) readers.add(reader);
      signal.addEventListener("abort", onAbort, { once: true });
      return drain(reader, signal, end, maxWaiting);
    },
  };
}

async function* drain(
  reader: Reader,
  signal: AbortSignal,
  end: () => void,
  maxWaiting: number,
): AsyncGenerator<Transition, void> {
  try {
    while (!signal.aborted) {
      for (const transition of reader.waiting.splice(0)) {
        if (signal.aborted) return;
        yield transition;
      }
      if (signal.aborted || reader.waiting.length > 0) continue;
      if (reader.overrun) {
        const message = `more than ${maxWaiting} transitions were waiting to be read`;
        throw presenceErrors.create("TRANSITIONS_LOST", message);
      }
      reader.wake = createDeferred();
      await reader.wake.promise;
      reader.wake = undefined;
    }
  } finally {
    end();
  }
}
