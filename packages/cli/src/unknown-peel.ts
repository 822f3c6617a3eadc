import { presenceErrors } from "@fleet/presence";
import type { FleetError } from "@fleet/runtime";
import { distance } from "fastest-levenshtein";

/** Changes of one character that a slip of the hand makes, as a part of the id, and at least one. */
const SLIP_PART = 0.3;

/** The error for an id that nobody knows, with the one that may be meant. */
export function unknownPeel(id: string, known: Iterable<string>): FleetError {
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(id.length * SLIP_PART)) + 1;
  for (const other of known) {
    if (Math.abs(other.length - id.length) >= least) continue;
    const changes = distance(id, other);
    if (changes < least) [nearest, least] = [other, changes];
  }
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  return presenceErrors.create("PEEL_UNKNOWN", `there is no peel ${id}${hint}`);
}
