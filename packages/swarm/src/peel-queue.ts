/** Peels waiting for their turn, in order. Whoever fills it sees to it that no peel is in it twice. */
export interface PeelQueue {
  readonly size: number;
  push(peel: number): void;
  /** There must be one. */
  shift(): number;
}

/** Creates a queue with room for `capacity` peels. */
export function createPeelQueue(capacity: number): PeelQueue {
  const ring = new Uint32Array(capacity);
  let first = 0;
  let size = 0;
  return {
    get size() {
      return size;
    },
    push(peel) {
      ring[(first + size) % capacity] = peel;
      size += 1;
    },
    shift() {
      const peel = ring[first] as number;
      first = (first + 1) % capacity;
      size -= 1;
      return peel;
    },
  };
}
