import type { Connection, ConnectionState } from "@fleet/bus";

/** A connection's state and its changes, in a test's hand. */
export interface ConnectionTwin extends Pick<Connection, "state" | "onState" | "lastError" | "counters"> {
  /** Changes the state and tells the listeners. */
  become(state: ConnectionState): void;
  /** Listeners not yet called off: for tests that nothing is left behind. */
  readonly listeners: number;
}

/** Creates a {@link ConnectionTwin}. */
export function createConnectionTwin(initial: ConnectionState = "connected"): ConnectionTwin {
  const listeners = new Set<(state: ConnectionState) => void>();
  let state = initial;
  return {
    counters: { reconnects: 0, disconnects: 0, slowConsumers: 0 },
    lastError: undefined,
    get state() {
      return state;
    },
    get listeners() {
      return listeners.size;
    },
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become(next) {
      state = next;
      for (const listener of [...listeners]) listener(next);
    },
  };
}
