import { sizeOf } from "@fleet/presence";
import { type CountGroup, type CountKey, PEEL_STATES } from "@fleet/wire";
import { alignColumns } from "./columns.ts";
import { documentHead } from "./peel-document.ts";
import type { FoundCount } from "./presence-reading.ts";

/** A count for people: by state how many are in each, by anything else how many there are and how many of them beat. */
export function renderPeelCount({ groups, merged }: FoundCount, by: CountKey): string {
  const name = (group: CountGroup, index: number) =>
    merged > 0 && index === groups.length - 1 ? `(${merged} others)` : (group.value ?? "-");
  const title = by.startsWith("label:") ? by.slice("label:".length).toUpperCase() : by.toUpperCase();
  if (by === "state") {
    const rows = groups.map((group, index) => [name(group, index), String(sizeOf(group))]);
    const total = groups.reduce((sum, group) => sum + sizeOf(group), 0);
    return alignColumns([title, "PEELS"], [...rows, ["total", String(total)]]);
  }
  return alignColumns(
    [title, "PEELS", "ONLINE", "OFFLINE"],
    groups.map((group, index) => {
      const offline = offlineIn(group);
      return [name(group, index), ...[sizeOf(group), sizeOf(group) - offline, offline].map(String)];
    }),
  );
}

/** A count for programs. Members are only ever added within a `schema_version`. */
export function peelCountDocument({ groups, merged, ...source }: FoundCount, by: CountKey): object {
  const total = groups.reduce((sum, group) => sum + sizeOf(group), 0);
  const offline = groups.reduce((sum, group) => sum + offlineIn(group), 0);
  return {
    ...documentHead(source),
    by,
    total,
    online: total - offline,
    groups: groups.map((group) => ({
      value: group.value ?? null,
      peels: sizeOf(group),
      online: sizeOf(group) - offlineIn(group),
      states: Object.fromEntries(PEEL_STATES.map((state, place) => [state, group.states[place] ?? 0])),
    })),
    merged_groups: merged,
  };
}

function offlineIn({ states }: CountGroup): number {
  return states[PEEL_STATES.indexOf("offline")] ?? 0;
}
