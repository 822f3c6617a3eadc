import type { RosterRecord } from "@fleet/wire";
import { isPresent, type PeelEntry } from "./peel-entry.ts";
import type { PeelState, Transition, TransitionReason } from "./transition.ts";

/**
 * What has been told of every peel, apart from what is judged: transitions, how many peels are in each state, and which versions those
 * have that are here.
 */
export class ToldStates {
  readonly counts: Record<PeelState, number> = { online: 0, late: 0, offline: 0, conflict: 0 };
  readonly #versions = new Map<string, number>();
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

  /** How many of them have each version of the agent. */
  get versions(): ReadonlyMap<string, number> {
    return this.#versions;
  }

  /** A peel tells another version than the former one. */
  changeVersion(entry: PeelEntry, former: string): void {
    if (!isPresent(entry)) return;
    this.#countVersion(former, -1);
    this.#countVersion(entry.version, 1);
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
    entry.state = undefined;
    this.#setTold(entry, "offline");
  }

  #set(entry: PeelEntry, told: Transition["state"]): void {
    this.#setTold(entry, told);
    this.show(entry, told);
  }

  #setTold(entry: PeelEntry, told: Transition["state"]): void {
    const was = isPresent(entry);
    entry.told = told;
    const change = Number(isPresent(entry)) - Number(was);
    if (change === 0) return;
    this.#present += change;
    this.#countVersion(entry.version, change);
  }

  #countVersion(version: string, change: number): void {
    const count = (this.#versions.get(version) ?? 0) + change;
    if (count > 0) this.#versions.set(version, count);
    else this.#versions.delete(version);
  }
}
