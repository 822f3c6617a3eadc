import type { ListedPeel } from "@fleet/presence";
import type { PeelOrder } from "./peel-query-options.ts";

/** Sorts a list that is sorted by id; peels that are alike stay so, and those of which the column is not known come last. */
export function sortPeels(peels: readonly ListedPeel[], { column, descending }: PeelOrder): readonly ListedPeel[] {
  if (column === "id") return descending ? [...peels].reverse() : peels;
  const turn = descending ? -1 : 1;
  return [...peels].sort((one, other) => {
    const [left, right] = [comparedValue(one, column), comparedValue(other, column)];
    if (left === undefined || right === undefined) return left === right ? 0 : left === undefined ? 1 : -1;
    return left < right ? -turn : left > right ? turn : 0;
  });
}

/** What is compared; the shortest time that has passed comes first. */
function comparedValue(peel: ListedPeel, column: PeelOrder["column"]): string | number | undefined {
  switch (column) {
    case "since":
      return peel.sinceMs;
    case "last-seen":
      return peel.lastSeenMs;
    case "id":
    case "state":
    case "version":
    case "os":
    case "reason":
      return peel[column];
  }
}
