/** Numbers in [0, 1), the same ones for the same seed and purpose: what one purpose draws does not move another's. */
export function seededRandom(seed: number, purpose: string): () => number {
  let state = seed | 0;
  for (let index = 0; index < purpose.length; index += 1) state = mix(state, purpose.charCodeAt(index));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return unit(state);
  };
}

/**
 * Gives a function for numbers in [0, 1), each fixed by the seed and the three numbers it is drawn for, in whatever order it is
 * asked for. The seed is scattered first: small ones would otherwise only make neighbouring peels change places.
 */
export function seededChance(seed: number): (first: number, second: number, third: number) => number {
  const start = scatter(seed);
  return (first, second, third) => unit(mix(mix(mix(start, first), second), third));
}

function mix(state: number, value: number): number {
  return Math.imul(state ^ value, 0x9e3779b1) ^ (state >>> 15);
}

/** Murmur3's last step: each bit of the number changes half of those of the result. */
function scatter(number: number): number {
  let hash = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Mulberry32's last step. */
function unit(state: number): number {
  let hash = Math.imul(state ^ (state >>> 15), state | 1);
  hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
  return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
}
