import type { Service } from "@fleet/runtime";
import type { KeptFacts } from "./listed-facts.ts";
import type { PeelState, Transition, TransitionReason } from "./transition.ts";

/** A peel as it is known, with what its state was judged from. */
export interface PeelPresence {
  readonly id: string;
  readonly state: PeelState;
  /** Why it came into this state; `late` keeps that of `online`. */
  readonly reason: TransitionReason;
  /** Since when, wall time in ms since the epoch; a change from `online` to `late` and back is none. */
  readonly sinceAt: number;
  /** Session heard last; `undefined` for a peel of another make. */
  readonly session: string | undefined;
  /** In a conflict, the other session. */
  readonly rival: string | undefined;
  readonly version: string;
  readonly protocol: number;
  /** Time that it means to let pass between two beats; `undefined` where it does not say. */
  readonly intervalMs: number | undefined;
  /** Whether it may be probed. */
  readonly pingable: boolean;
  /** Count of the last beat in its session; `undefined` where it does not say. */
  readonly seq: number | undefined;
  /** Time since its last beat was heard or, in a snapshot, stored; `undefined` if none was since this view began. */
  readonly lastBeatAgoMs: number | undefined;
  /** Its clock less ours at its last beat; shown, never judged by. `undefined` where unknown. */
  readonly clockSkewMs: number | undefined;
  /** What its state rests on, one sentence each. */
  readonly evidence: readonly string[];
}

/** What a list shows of a peel. */
export interface ListedPresence
  extends Pick<
    PeelPresence,
    "id" | "state" | "reason" | "sinceAt" | "session" | "version" | "intervalMs" | "lastBeatAgoMs" | "clockSkewMs"
  > {
  /** Its facts, for whoever has looked them up to leave them here: of 100,000 that is most of what a list costs. */
  facts?: KeptFacts | undefined;
}

/** Who is here. */
export interface PresenceView extends Service {
  /** Why nothing can be said for sure at the moment; `undefined` when it can. States are then those of before. */
  readonly blindness: string | undefined;
  /** How many peels are in each state. */
  readonly counts: Readonly<Record<PeelState, number>>;
  /** Of the offline ones, those whose key is still in the bucket: it drops them at their TTL. */
  readonly lingering: number;
  /** Calls `onTransition` for each change as it is judged. The function returned ends that. */
  onTransition(onTransition: (transition: Transition) => void): () => void;
  get(id: string): PeelPresence | undefined;
  /**
   * Every peel that is known, the offline ones too, in no order. Whoever waits between two steps is given each peel as it is
   * then, and may miss those that came meanwhile.
   */
  peels(): IterableIterator<PeelPresence>;
  /** The same for a list: what it gives is only to be read before its next step, and can be one object that changes with each. */
  listed(): IterableIterator<ListedPresence>;
  /**
   * The changes from now on, in the order in which they were judged; ends when `signal` aborts. A reader that falls behind
   * by 1,000,000 is ended with an error.
   */
  transitions(signal: AbortSignal): AsyncIterableIterator<Transition>;
}
