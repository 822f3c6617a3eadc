/** Numbers in [0, 1), the same ones for the same seed and purpose: what one purpose draws does not move another's. */
export function seededRandom(seed: number, purpose: string): () => number {
  let state = seed | 0;
  for (let index = 0; index < purpose.length; index += 1) state = mix(state, purpose.charCodeAt(index));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return unit(state);
  };
}

/** One number in [0, 1), fixed by the seed and what it is drawn for, in whatever order it is asked for. */
export function seededChance(seed: number, ...what: readonly number[]): number {
  return unit(what.reduce(mix, seed | 0));
}

function mix(state: number, value: number): number {
  return Math.imul(state ^ value, 0x9e3779b1) ^ (state >>> 15);
}

/** Mulberry32's last step. */
function unit(state: number): number {
  let hash = Math.imul(state ^ (state >>> 15), state | 1);
  hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
  return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
}
