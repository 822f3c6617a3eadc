import { decideLease, type LeaseAction } from "../decide-lease.ts";
import type { LeaseConfig } from "../lease-options.ts";
import { isVoluntary, type LeaseState } from "../lease-state.ts";
import { observeLease } from "../observe-lease.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** What a simulated candidate goes by. */
export interface LeaseRules {
  readonly observe: typeof observeLease;
  readonly decide: typeof decideLease;
  /** The clock it measures with. */
  readonly now: (process: SimulatedProcess) => number;
  /** Whether its work asks `isHeld` when it goes on after a pause, or trusts its signal alone. */
  readonly asksIsHeld: boolean;
}

/** The rules of this package. */
export const trueRules: LeaseRules = {
  observe: observeLease,
  decide: decideLease,
  now: (process) => process.monoMs(),
  asksIsHeld: true,
};

function withGoodMono(state: LeaseState, goodMono: number): LeaseState {
  return state.hold ? { ...state, hold: { ...state.hold, goodMono } } : state;
}

/** Rules that are wrong in one point each, by what is wrong. The simulation must tell every one of them from the true rules. */
export const wrongRules: Readonly<Record<string, LeaseRules>> = {
  "the deadline is counted from the end of the renew": {
    ...trueRules,
    observe(state, event, observer) {
      const next = observeLease(state, event, observer);
      return event.kind === "renewed" || event.kind === "acquired" ? withGoodMono(next, observer.nowMono) : next;
    },
  },
  "a free lease is taken expecting the revision of its key alone": {
    ...trueRules,
    decide(state, nowMono, config) {
      const action = decideLease(state, nowMono, config);
      if (action.kind !== "acquire") return action;
      return { kind: "acquire", expectedRevision: action.expectedRevision } as LeaseAction;
    },
  },
  "the deadline is counted in wall time": { ...trueRules, now: (process) => process.wallMs() },
  "the lease is released before the work has ended": {
    ...trueRules,
    observe(state, event, observer) {
      const next = observeLease(state, event, observer);
      const early = event.kind === "work-ending" && isVoluntary(event.reason) && next.hold?.stage === "ending";
      return early ? observeLease(next, { kind: "work-ended" }, observer) : next;
    },
  },
  "adopting an own record moves the deadline to now": {
    ...trueRules,
    observe(state, event, observer) {
      const next = observeLease(state, event, observer);
      const adopted = state.hold && event.kind === "read" && "mine" in event.found && event.found.mine;
      return adopted ? withGoodMono(next, observer.nowMono) : next;
    },
  },
  "conflicts are ignored": {
    ...trueRules,
    observe(state, event, observer) {
      const { hold } = state;
      const ignored = hold && event.kind === "refused";
      return observeLease(state, ignored ? { kind: "renewed", revision: hold.revision } : event, observer);
    },
  },
  "the deadline is the TTL": {
    ...trueRules,
    decide: (state, nowMono, config) => decideLease(state, nowMono, withDeadlineAtTtl(config)),
    observe: (state, event, observer) =>
      observeLease(state, event, { ...observer, config: withDeadlineAtTtl(observer.config) }),
  },
  "work that was paused trusts its signal alone": { ...trueRules, asksIsHeld: false },
};

function withDeadlineAtTtl(config: LeaseConfig): LeaseConfig {
  return { ...config, renewDeadlineMs: config.ttlMs };
}
