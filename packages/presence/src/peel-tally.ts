import { COUNT_GROUPS_MAX, type CountGroup, type CountKey, PEEL_STATES, type PeelRow } from "@fleet/wire";
import type { PeelState } from "./transition.ts";

/** A peel as it is counted. */
export type CountedPeel = Pick<PeelRow, "version" | "os" | "arch" | "labels"> & { readonly state: PeelState };

/** Counts peels by what they have in common. */
export interface PeelTally {
  add(peel: CountedPeel): void;
  /** The groups: states in their order, all others by their size; `merged` of them are added up in the last one. */
  groups(): { readonly groups: readonly CountGroup[]; readonly merged: number };
}

/** Creates a tally. */
export function createPeelTally(by: CountKey, maxGroups: number = COUNT_GROUPS_MAX): PeelTally {
  const readValue = valueReader(by);
  const counted = new Map<string | undefined, number[]>();
  if (by === "state") for (const state of PEEL_STATES) counted.set(state, noPeels());
  return {
    add(peel) {
      const value = readValue(peel);
      let states = counted.get(value);
      if (!states) {
        states = noPeels();
        counted.set(value, states);
      }
      const place = PEEL_STATES.indexOf(peel.state);
      states[place] = (states[place] ?? 0) + 1;
    },
    groups() {
      const all = [...counted].map(([value, states]): CountGroup => ({ value, states }));
      if (by !== "state") all.sort((one, other) => sizeOf(other) - sizeOf(one) || compare(one.value, other.value));
      if (all.length <= maxGroups) return { groups: all, merged: 0 };
      const rest = all.slice(maxGroups - 1);
      const states = PEEL_STATES.map((_, place) => rest.reduce((sum, group) => sum + (group.states[place] ?? 0), 0));
      return { groups: [...all.slice(0, maxGroups - 1), { value: undefined, states }], merged: rest.length };
    },
  };
}

/** How many peels a group has. */
export function sizeOf({ states }: CountGroup): number {
  return states.reduce((sum, count) => sum + count, 0);
}

function valueReader(by: CountKey): (peel: CountedPeel) => string | undefined {
  if (by === "state" || by === "version" || by === "os" || by === "arch") return (peel) => peel[by] || undefined;
  const key = by.slice("label:".length);
  return ({ labels }) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
}

function noPeels(): number[] {
  return PEEL_STATES.map(() => 0);
}

function compare(one = "", other = ""): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
