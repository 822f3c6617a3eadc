import type { ListedPeel } from "../peel-listing.ts";

/** A peel of which nothing is known but what is given. */
export function createListedPeel(known: Partial<ListedPeel> & Pick<ListedPeel, "id">): ListedPeel {
  return {
    state: undefined,
    reason: undefined,
    sinceMs: undefined,
    lastSeenMs: undefined,
    version: undefined,
    os: undefined,
    arch: undefined,
    labels: {},
    session: undefined,
    intervalMs: undefined,
    clockSkewMs: undefined,
    ...known,
  };
}
