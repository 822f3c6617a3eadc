/** A small seeded source of random numbers in [0, 1): sfc32. The same seed gives the same numbers everywhere. */
export function createRandom(seed: number): () => number {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first numbers of neighbouring seeds are alike.
  for (let skipped = 0; skipped < 12; skipped += 1) next();
  return next;
}

interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** True time, which no process knows, and all that will happen in it. Pure and synchronous: a step is one event. */
export class World {
  readonly random: () => number;
  nowMs = 0;
  #order = 0;
  /** A binary heap, the next event first. */
  readonly #heap: Happening[] = [];

  constructor(seed: number) {
    this.random = createRandom(seed);
  }

  between(from: number, to: number): number {
    return from + this.random() * (to - from);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** One of them; there must be one. */
  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)] as T;
  }

  after(delayMs: number, run: () => void): void {
    const heap = this.#heap;
    const added = { atMs: this.nowMs + delayMs, order: this.#order++, run };
    let at = heap.length;
    heap.push(added);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Happening;
      if (!isBefore(added, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = added;
  }

  /** Lets the next event happen, unless it is later than `untilMs`: then time moves there and the answer is no. */
  step(untilMs: number): boolean {
    const next = this.#heap[0];
    if (!next || next.atMs > untilMs) {
      this.nowMs = Math.max(this.nowMs, untilMs);
      return false;
    }
    this.#removeFirst();
    this.nowMs = next.atMs;
    next.run();
    return true;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const moved = heap.pop() as Happening;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Happening, heap[child] as Happening)) child += 1;
      if (!isBefore(heap[child] as Happening, moved)) break;
      heap[at] = heap[child] as Happening;
      at = child;
    }
    heap[at] = moved;
  }
}

function isBefore(left: Happening, right: Happening): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
