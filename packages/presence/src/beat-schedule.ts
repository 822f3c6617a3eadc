/**
 * When a peel beats within its interval: 0 <= phase < intervalMs, fixed by its id. Peels that start or reconnect
 * together drift apart by it at their second beat, so that a fleet never beats in step.
 */
export function beatPhaseMs(peelId: string, intervalMs: number): number {
  // FNV-1a, 32 bits: even enough over short, similar names, and the same in every implementation.
  let hash = 0x811c9dc5;
  for (let index = 0; index < peelId.length; index += 1) {
    hash = Math.imul(hash ^ peelId.charCodeAt(index), 0x01000193) >>> 0;
  }
  return (hash / 2 ** 32) * intervalMs;
}

/**
 * The next regular beat after `afterMono`: on the grid of intervals from `originMono`, moved by the phase. Never more
 * than one interval away.
 */
export function nextBeatMono(options: {
  afterMono: number;
  originMono: number;
  phaseMs: number;
  intervalMs: number;
}): number {
  const { afterMono, originMono, phaseMs, intervalMs } = options;
  const firstMono = originMono + phaseMs;
  const beats = Math.floor((afterMono - firstMono) / intervalMs) + 1;
  return firstMono + beats * intervalMs;
}
