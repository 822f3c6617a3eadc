import type { Clock } from "@fleet/runtime";

/** Why the bucket has to be read: shown as the label `cause` of a metric. */
export const RESYNC_CAUSES = ["start", "reconnect", "bucket", "gap", "drift", "loss"] as const;
export type ResyncCause = (typeof RESYNC_CAUSES)[number];

/** What may keep an observer from seeing. */
export interface ObserverState {
  /** When the connection was made that there is now; `undefined` while there is none. */
  readonly connectedMono: number | undefined;
  /** The last event after which nothing heard before counts, and when it was. */
  readonly disturbance: { readonly cause: ResyncCause; readonly what: string; readonly sinceMono: number } | undefined;
  /** When, since the disturbance, the broker first answered or a beat was first heard. */
  readonly answeredMono: number | undefined;
  /** A snapshot has been taken since the disturbance. */
  readonly synced: boolean;
  /** Since when this process was not running, until what was waiting for it has been read. */
  readonly stalledMono: number | undefined;
  /** Since when so many peels seem lost that the observer doubts himself. */
  readonly massMono: number | undefined;
  /** Since when the broker does not answer what must be asked before a loss is told. */
  readonly unansweredMono: number | undefined;
  /** Peels that were here at the disturbance and have not been heard since. */
  readonly unheard: number;
}

/** A cause that is not over after this many TTLs does not blind any more: what is then true is told. */
const MAX_BLIND_TTLS = 2;

/**
 * Why the observer cannot see at `nowMono`; `undefined` if he can. Pure, and sure to end: only the lack of a connection lasts
 * for more than two TTLs after the last disturbance.
 */
export function blindness(state: ObserverState, nowMono: number, ttlMs: number): string | undefined {
  const { connectedMono, disturbance, answeredMono, synced, stalledMono, massMono, unansweredMono, unheard } = state;
  const lasts = (sinceMono: number | undefined) =>
    sinceMono !== undefined && nowMono < sinceMono + MAX_BLIND_TTLS * ttlMs;

  if (connectedMono === undefined) return "not connected to NATS";
  if (lasts(stalledMono)) return "this process was stopped for a while and is catching up";
  if (disturbance && lasts(disturbance.sinceMono)) {
    if (!synced) return `${disturbance.what}; the heartbeat bucket is being read`;
    const isOver = unheard === 0 || (answeredMono !== undefined && nowMono >= answeredMono + ttlMs);
    if (!isOver) return `${disturbance.what}; ${unheard} peel(s) not heard since`;
  }
  if (lasts(unansweredMono)) return "the broker does not answer";
  if (lasts(massMono)) return "very many peels seem lost at once; looking again";
  return undefined;
}

/** Keeps what may keep an observer from seeing. Each change takes effect when `onChange` has been called. */
export class Observer {
  readonly #clock: Pick<Clock, "monoMs">;
  readonly #onChange: () => void;
  #state: ObserverState = {
    connectedMono: undefined,
    disturbance: undefined,
    answeredMono: undefined,
    synced: false,
    stalledMono: undefined,
    massMono: undefined,
    unansweredMono: undefined,
    unheard: 0,
  };

  constructor(clock: Pick<Clock, "monoMs">, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get state(): ObserverState {
    return this.#state;
  }

  /** The disturbance that the bucket has to be read after, if there is one. */
  get unsynced(): ObserverState["disturbance"] {
    return this.#state.synced ? undefined : this.#state.disturbance;
  }

  /** When a beat must have been heard to count; -Infinity if any does. */
  get sinceMono(): number {
    return this.#state.disturbance?.sinceMono ?? Number.NEGATIVE_INFINITY;
  }

  connected(): void {
    this.#change({ connectedMono: this.#clock.monoMs() });
  }

  disconnected(): void {
    this.#change({ connectedMono: undefined });
  }

  /** Something has happened after which each of the peels that are here must be heard again, or a TTL pass. */
  disturb(cause: ResyncCause, what: string, present: number): void {
    this.#change({
      disturbance: { cause, what, sinceMono: this.#clock.monoMs() },
      answeredMono: undefined,
      synced: false,
      massMono: undefined,
      unansweredMono: undefined,
      unheard: present,
    });
  }

  /** A peel that is here was not heard since the disturbance. */
  miss(): void {
    this.#change({ unheard: this.#state.unheard + 1 });
  }

  /** A peel that was missed is heard again, or awaited no more. */
  find(): void {
    const unheard = Math.max(0, this.#state.unheard - 1);
    if (unheard === 0) this.#change({ unheard });
    else this.#state = { ...this.#state, unheard };
  }

  /** The broker has answered a request, or a beat was heard. */
  answered(): void {
    const { answeredMono, unansweredMono } = this.#state;
    if (answeredMono !== undefined && unansweredMono === undefined) return;
    this.#change({ answeredMono: answeredMono ?? this.#clock.monoMs(), unansweredMono: undefined });
  }

  /** The broker has not answered. */
  unanswered(): void {
    this.#change({ unansweredMono: this.#state.unansweredMono ?? this.#clock.monoMs() });
  }

  /** The last beats of all peels have been read from the bucket. */
  synced(): void {
    this.#change({ synced: true });
  }

  /** This process has not run for a while: what has come meanwhile is still to be read. */
  stalled(): void {
    this.#change({ stalledMono: this.#clock.monoMs() });
  }

  caughtUp(): void {
    this.#change({ stalledMono: undefined });
  }

  /** Very many peels seem lost. */
  doubt(): void {
    this.#change({ massMono: this.#clock.monoMs() });
  }

  /** What seemed so is so, or is too old to doubt. */
  believe(): void {
    if (this.#state.massMono !== undefined) this.#change({ massMono: undefined });
  }

  #change(change: Partial<ObserverState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}
