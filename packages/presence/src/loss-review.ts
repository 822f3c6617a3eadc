import type { Clock } from "@fleet/runtime";
import { BROKER_LATE_MS } from "./broker-expiry.ts";
import { lateMono } from "./judge.ts";
import { blindness, type Observer } from "./observer.ts";
import { isPresent, type PeelEntry } from "./peel-entry.ts";

export interface LossReviewParts {
  readonly clock: Pick<Clock, "monoMs">;
  readonly ttlMs: number;
  readonly observer: Observer;
  /** Every peel that is known. */
  readonly entries: () => Iterable<PeelEntry>;
}

/** Of those that seem lost, the part that may still be merely late when the others are looked at again. */
const STRAGGLING_PART = 0.1;
/** Time between two looks at all peels for that. */
const REVIEW_LOOK_MS = 1_000;

/** What a reading of the bucket says of a doubt: they are lost, beats were not heard, or nothing yet. */
export type ReviewFinding = "lost" | "unheard" | "nothing";

/** The second look at very many peels that seem lost at once. */
export class LossReview {
  readonly #parts: LossReviewParts;
  #lookMono = 0;

  constructor(parts: LossReviewParts) {
    this.#parts = parts;
  }

  /**
   * Whether the bucket should be read to say if they are really lost: on a connection of at least one TTL, and when those that
   * seem lost are so for long enough that the broker has dropped them too.
   */
  isWanted(): boolean {
    const { clock, ttlMs, observer, entries } = this.#parts;
    const { massMono, connectedMono } = observer.state;
    const nowMono = clock.monoMs();
    if (massMono === undefined || connectedMono === undefined || nowMono < connectedMono + ttlMs) return false;
    if (nowMono >= massMono + ttlMs + BROKER_LATE_MS) return true;
    if (nowMono < this.#lookMono) return false;
    this.#lookMono = nowMono + REVIEW_LOOK_MS;
    let silent = 0;
    let straggling = 0;
    for (const entry of entries()) {
      if (!isPresent(entry) || nowMono < lateMono(entry, ttlMs)) continue;
      if (nowMono >= entry.heardMono + ttlMs + BROKER_LATE_MS) silent += 1;
      else straggling += 1;
    }
    return silent > 0 && straggling <= silent * STRAGGLING_PART;
  }

  /** What it says that the bucket had `unheard` beats that should have been heard, while so many peels seem lost. */
  judge(unheard: number, suspects: number): ReviewFinding {
    const { clock, ttlMs, observer } = this.#parts;
    const { state } = observer;
    if (state.massMono === undefined) return "nothing";
    if (unheard > suspects * STRAGGLING_PART) return "unheard";
    const isOtherwiseBlind = blindness({ ...state, massMono: undefined }, clock.monoMs(), ttlMs) !== undefined;
    return isOtherwiseBlind ? "nothing" : "lost";
  }
}
