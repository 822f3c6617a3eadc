/** What has become of a simulated peel. */
export const PEEL_CONDITIONS = ["waiting", "alive", "leaving", "left", "crashed"] as const;

/**
 * `waiting`: it has not come yet; `alive`; `leaving`: its delete marker is to be stored; `left`: it is; `crashed`: it has
 * stopped and said nothing, be it because it was to crash or because its goodbye could not be sent, or is not known to have
 * arrived.
 */
export type PeelCondition = (typeof PEEL_CONDITIONS)[number];

export const WAITING = 0;
export const ALIVE = 1;
export const LEAVING = 2;
export const LEFT = 3;
export const CRASHED = 4;

/** What is known of each peel, by its number. Columns instead of objects: 44 bytes a peel. */
export class PeelRecords {
  /** Place in {@link PEEL_CONDITIONS}. */
  readonly condition: Uint8Array;
  /** Lives begun. */
  readonly life: Uint32Array;
  /** Acknowledged beats of this life. */
  readonly seq: Uint32Array;
  /** Revision of the last beat; 0 when it is not known. */
  readonly revision: Float64Array;
  /** When its condition last changed. */
  readonly sinceMono: Float64Array;
  /** When the beat that is to be sent, on its way or to be repeated was due. */
  readonly dueMono: Float64Array;
  /** When its last beat was acknowledged; before the first, when its life began. */
  readonly heardMono: Float64Array;
  /** Beats failed in a row. */
  readonly failures: Uint8Array;
  /** 1 while it waits in its lane's queue. */
  readonly queued: Uint8Array;
  /** 1 while a beat or marker of this life is on its way. */
  readonly inFlight: Uint8Array;

  constructor(count: number) {
    this.condition = new Uint8Array(count);
    this.life = new Uint32Array(count);
    this.seq = new Uint32Array(count);
    this.revision = new Float64Array(count);
    this.sinceMono = new Float64Array(count);
    this.dueMono = new Float64Array(count);
    this.heardMono = new Float64Array(count);
    this.failures = new Uint8Array(count);
    this.queued = new Uint8Array(count);
    this.inFlight = new Uint8Array(count);
  }

  /** A new life: nothing is known yet of its beats. */
  beginLife(peel: number, atMono: number): void {
    this.life[peel] = (this.life[peel] as number) + 1;
    this.seq[peel] = 0;
    this.revision[peel] = 0;
    this.failures[peel] = 0;
    this.inFlight[peel] = 0;
    this.heardMono[peel] = atMono;
  }

  /** Its beat is stored. */
  acknowledge(peel: number, revision: number, atMono: number): void {
    this.seq[peel] = (this.seq[peel] as number) + 1;
    this.revision[peel] = revision;
    this.failures[peel] = 0;
    this.inFlight[peel] = 0;
    this.heardMono[peel] = atMono;
  }

  /** Its beat or marker was refused, or nobody knows: it does not know its last revision any more. */
  forget(peel: number): void {
    this.revision[peel] = 0;
    this.inFlight[peel] = 0;
  }
}
