import { formatDuration } from "@fleet/runtime";
import { intervalOf, type PeelEntry, rivalUntilMono } from "./peel-entry.ts";

/** What the state of a peel rests on, one sentence each, for people. */
export function describeEvidence(entry: PeelEntry, nowMono: number, ttlMs: number): string[] {
  const ago = (mono: number) => `${formatDuration(Math.max(0, Math.round((nowMono - mono) / 100) * 100))} ago`;
  const lines: string[] = [];
  if (entry.heardMono === Number.NEGATIVE_INFINITY) lines.push("no beat was heard since this master began");
  else {
    const count = entry.seq > 0 ? ` (number ${entry.seq} of its session)` : "";
    lines.push(`last beat ${ago(entry.heardMono)}${count}; it counts for ${formatDuration(ttlMs)}`);
  }
  if (entry.left) lines.push("its session said goodbye");
  if (entry.absences > 0) lines.push(`its connection was found gone ${entry.absences} time(s) since that beat`);
  if (entry.rival && nowMono <= rivalUntilMono(entry)) {
    lines.push(`session ${entry.rival.session} beats under the same id, last ${ago(entry.rival.heardMono)}`);
  }
  if (entry.told === "offline" && entry.reason === "expired") lines.push("no beat came for a whole TTL");
  if (entry.state === "late") {
    lines.push(`a beat is overdue: it means to beat every ${formatDuration(intervalOf(entry))}`);
    if (!entry.pingable) lines.push("it cannot be probed");
    else if (entry.probed && entry.absences === 0) lines.push("it was probed, which showed nothing against it");
  }
  return lines;
}
