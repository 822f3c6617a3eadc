/** What a write was, or what a peel waits for. */
export const NOTHING = 0;
export const BEAT = 1;
export const MARKER = 2;
export const FACTS = 3;

const KINDS = 4;
/** So many of a peel's last lives are told apart. */
const LIVES = 256;

/** What a write is known by while it is on its way, as one number: the peel, the life it led, and what was written. */
export function tagOf(peel: number, life: number, kind: number): number {
  return (peel * LIVES + (life % LIVES)) * KINDS + kind;
}

export function kindOf(tag: number): number {
  return tag % KINDS;
}

export function peelOf(tag: number): number {
  return Math.floor(tag / (KINDS * LIVES));
}

/** Whether the write was made in this life: an old one's answer says nothing of the new one. */
export function isOfLife(tag: number, life: number): boolean {
  return Math.floor(tag / KINDS) % LIVES === life % LIVES;
}
