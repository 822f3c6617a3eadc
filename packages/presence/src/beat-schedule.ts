/**
 * When a peel beats within its interval: 0 <= phase < intervalMs, fixed by its id. Peels that start or reconnect
 * together drift apart by it at their second beat, so that a fleet never beats in step.
 */
export function beatPhaseMs(peelId: string, intervalMs: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < peelId.length; index += 1) {
    hash = Math.imul(hash ^ peelId.charCodeAt(index), 0x01000193);
  }
  // FNV-1a alone puts names that differ in their last character, web1 and web2, close together: MurmurHash3's last
  // step spreads them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * intervalMs;
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
  const nextMono = firstMono + beats * intervalMs;
  // The division can round a beat that is just over to one that is just to come.
  return nextMono > afterMono ? nextMono : firstMono + (beats + 1) * intervalMs;
}
