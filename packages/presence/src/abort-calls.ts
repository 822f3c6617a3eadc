/** Calls to be made when a signal aborts. */
export interface AbortCalls {
  add(signal: AbortSignal, call: () => void): void;
  remove(signal: AbortSignal, call: () => void): void;
}

/** Many calls for one signal, which is listened to once: Node takes many listeners to one signal for a leak. */
export function createAbortCalls(): AbortCalls {
  const bySignal = new Map<AbortSignal, { readonly calls: Set<() => void>; readonly onAbort: () => void }>();
  return {
    add(signal: AbortSignal, call: () => void) {
      let entry = bySignal.get(signal);
      if (!entry) {
        const calls = new Set<() => void>();
        entry = { calls, onAbort: () => [...calls].forEach((each) => void each()) };
        bySignal.set(signal, entry);
        signal.addEventListener("abort", entry.onAbort, { once: true });
      }
      entry.calls.add(call);
    },
    remove(signal: AbortSignal, call: () => void) {
      const entry = bySignal.get(signal);
      if (!entry?.calls.delete(call) || entry.calls.size > 0) return;
      bySignal.delete(signal);
      signal.removeEventListener("abort", entry.onAbort);
    },
  };
}
