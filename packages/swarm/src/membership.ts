/** Which of the peels are there, to draw one from, and which of the others is next to come. */
export interface Membership {
  /** How many are there. */
  readonly size: number;
  /** The peel that has been away longest comes; `undefined` if none is away. */
  admitNext(): number | undefined;
  /** One that was set apart comes back. */
  admit(peel: number): void;
  /** One drawn at random goes; `undefined` if none is there. `away`: it may be asked back by {@link admitNext}. */
  dismiss(random: () => number, to: "away" | "apart"): number | undefined;
}

/** Creates a membership of `count` peels that are all away, to come in order of their numbers. */
export function createMembership(count: number): Membership {
  /** Those that are there, in no order, so that one can be drawn. */
  const present = new Uint32Array(count);
  let size = 0;
  /** A ring: no more can be away than there are. */
  const away = Uint32Array.from({ length: count }, (_, peel) => peel);
  let first = 0;
  let waiting = count;

  const admit = (peel: number) => {
    present[size] = peel;
    size += 1;
  };

  return {
    get size() {
      return size;
    },
    admit,
    admitNext() {
      if (waiting === 0) return undefined;
      const peel = away[first] as number;
      first = (first + 1) % count;
      waiting -= 1;
      admit(peel);
      return peel;
    },
    dismiss(random, to) {
      if (size === 0) return undefined;
      const place = Math.floor(random() * size);
      const peel = present[place] as number;
      size -= 1;
      present[place] = present[size] as number;
      if (to === "away") {
        away[(first + waiting) % count] = peel;
        waiting += 1;
      }
      return peel;
    },
  };
}
