/** Who wants to be told of something. */
export interface Listeners<T> {
  /** The function returned ends it. */
  add(listener: (value: T) => void): () => void;
  /** Calls all who are listening now. */
  tell(value: T): void;
}

export function createListeners<T>(): Listeners<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    tell(value) {
      for (const listener of [...listeners]) listener(value);
    },
  };
}
