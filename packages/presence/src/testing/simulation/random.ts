/** Chance that follows from a seed alone. */
export interface Random {
  /** From 0 to 1. */
  (): number;
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

/** Creates a {@link Random} (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Object.assign(random, {
    between: (low: number, high: number) => low + random() * (high - low),
    chance: (probability: number) => random() < probability,
    pick: <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item,
  });
}
