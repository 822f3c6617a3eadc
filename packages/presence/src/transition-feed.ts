import { createDeferred, type Deferred } from "@fleet/runtime";
import { presenceErrors } from "./errors.ts";
import type { Transition } from "./transition.ts";

/** Hands every transition to every reader. */
export interface TransitionFeed {
  publish(transition: Transition): void;
  /** Calls `onTransition` for each, at once and in order; the function returned ends that. */
  listen(onTransition: (transition: Transition) => void): () => void;
  /** What is published from now on, until `signal` aborts. */
  read(signal: AbortSignal): AsyncIterableIterator<Transition>;
}

/** Transitions that may wait for a reader: as many as a fleet of this size makes at once. */
const MAX_WAITING = 1_000_000;

interface Reader {
  readonly waiting: Transition[];
  wake: Deferred<void> | undefined;
  overrun: boolean;
}

export function createTransitionFeed(): TransitionFeed {
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
        if (reader.waiting.length >= MAX_WAITING) reader.overrun = true;
        else reader.waiting.push(transition);
        reader.wake?.resolve();
      }
    },
    read(signal) {
      const reader: Reader = { waiting: [], wake: undefined, overrun: false };
      // From the call, not from the first step: nothing in between is missed.
      readers.add(reader);
      return drain(reader, signal, () => readers.delete(reader));
    },
  };
}

async function* drain(reader: Reader, signal: AbortSignal, onEnd: () => void): AsyncGenerator<Transition, void> {
  const wake = () => reader.wake?.resolve();
  signal.addEventListener("abort", wake, { once: true });
  try {
    while (!signal.aborted) {
      if (reader.overrun) {
        const message = `more than ${MAX_WAITING} transitions were waiting to be read`;
        throw presenceErrors.create("TRANSITIONS_LOST", message);
      }
      yield* reader.waiting.splice(0);
      if (signal.aborted || reader.waiting.length > 0 || reader.overrun) continue;
      reader.wake = createDeferred();
      await reader.wake.promise;
      reader.wake = undefined;
    }
  } finally {
    signal.removeEventListener("abort", wake);
    onEnd();
  }
}
