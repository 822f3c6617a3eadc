import type { Transition } from "../transition.ts";

/** A transition, by default of a peel that joins at time 0. */
export function transitionOf(id: string, changes: Partial<Transition> = {}): Transition {
  return {
    id,
    state: "online",
    reason: "joined",
    at: 0,
    session: `${id}-a`,
    rival: undefined,
    version: "1",
    protocol: 1,
    mass: false,
    ...changes,
  };
}
