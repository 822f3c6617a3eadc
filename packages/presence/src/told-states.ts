import type { RosterRecord } from "@fleet/wire";
import { isPresent, type PeelEntry } from "./peel-entry.ts";
import type { PeelState, Transition, TransitionReason } from "./transition.ts";

/** What has been told of every peel, apart from what is judged: transitions, and how many peels are in each state. */
export class ToldStates {
  readonly counts: Record<PeelState, number> = { online: 0, late: 0, offline: 0, conflict: 0 };
  readonly #onTransition: (transition: Transition) => void;
  #present = 0;

  /** `onTransition` is told of every change, once. */
  constructor(onTransition: (transition: Transition) => void) {
    this.#onTransition = onTransition;
  }

  /** Peels that were last told to be here. */
  get present(): number {
    return this.#present;
  }

  /** Tells a change of the session given. */
  tell(
    entry: PeelEntry,
    state: Transition["state"],
    reason: TransitionReason,
    { mass, session, at }: Pick<Transition, "mass" | "session" | "at">,
  ): void {
    entry.reason = reason;
    entry.sinceAt = at;
    entry.toldSession = session;
    this.#set(entry, state);
    if (state === "offline") {
      entry.rival = undefined;
      entry.interleaved = false;
    }
    this.#onTransition({
      id: entry.id,
      state,
      reason,
      at,
      session,
      rival: state === "conflict" ? entry.rival?.session : undefined,
      version: entry.version,
      protocol: entry.protocol,
      mass,
    });
  }

  /** Takes in what was told by somebody else. */
  restore(entry: PeelEntry, record: RosterRecord): void {
    entry.version ||= record.version;
    entry.protocol ||= record.protocol;
    entry.reason = record.reason;
    entry.sinceAt = record.since;
    entry.toldSession = record.session;
    if (entry.heardMono === Number.NEGATIVE_INFINITY) entry.session = record.session;
    this.#set(entry, record.state);
  }

  /** Shows a state that is no news. */
  show(entry: PeelEntry, state: PeelState): void {
    if (entry.state === state) return;
    if (entry.state) this.counts[entry.state] -= 1;
    this.counts[state] += 1;
    entry.state = state;
  }

  /** Leaves a peel out from now on. */
  drop(entry: PeelEntry): void {
    if (entry.state) this.counts[entry.state] -= 1;
    if (isPresent(entry)) this.#present -= 1;
    entry.state = undefined;
    entry.told = "offline";
  }

  #set(entry: PeelEntry, told: Transition["state"]): void {
    const was = isPresent(entry);
    entry.told = told;
    this.#present += Number(isPresent(entry)) - Number(was);
    this.show(entry, told);
  }
}
