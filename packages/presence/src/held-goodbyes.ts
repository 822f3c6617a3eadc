import type { PeelEntry } from "./peel-entry.ts";

/** A session that said goodbye. */
export interface HeldGoodbye {
  readonly session: string | undefined;
  /** When that was heard, wall time in ms since the epoch. */
  readonly heardAt: number;
}

/** Goodbyes of one peel that are held back at most. */
const MAX_GOODBYES = 8;

/** Goodbyes that were heard while the observer was blind: what came after them must not hide them. */
export class HeldGoodbyes {
  readonly #byEntry = new Map<PeelEntry, HeldGoodbye[]>();

  /** Holds the goodbye of a peel's present session back. */
  hold(entry: PeelEntry, heardAt: number): void {
    const { session } = entry;
    const held = this.#byEntry.get(entry) ?? [];
    // The same one is heard, and found in the bucket.
    if (held.length > 0 && held.at(-1)?.session === session) return;
    if (held.length < MAX_GOODBYES) this.#byEntry.set(entry, [...held, { session, heardAt }]);
  }

  /** Whose goodbyes are held back. */
  entries(): PeelEntry[] {
    return [...this.#byEntry.keys()];
  }

  /**
   * Gives those of a peel that are still to be told, in order. What was told of it may be newer than some of them: a master
   * that begins hears what happens while it reads what another has told.
   */
  take(entry: PeelEntry): readonly HeldGoodbye[] {
    const held = this.#byEntry.get(entry) ?? [];
    this.#byEntry.delete(entry);
    if (entry.told === undefined) return held;
    const last = held.findLastIndex(({ session }) => session === entry.toldSession);
    // The one told is here now: it came after all of them.
    if (last < 0) return entry.toldSession === entry.session ? [] : held;
    return held.slice(entry.told === "offline" ? last + 1 : last);
  }

  drop(entry: PeelEntry): void {
    this.#byEntry.delete(entry);
  }
}
