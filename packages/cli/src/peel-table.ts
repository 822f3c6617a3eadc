import { isOnline, type ListedPeel } from "@fleet/presence";
import { alignColumns } from "./columns.ts";
import { describeAgo } from "./describe-ago.ts";

const HEADING = ["PEEL ID", "OS", "ARCH", "VERSION", "ONLINE", "LAST-SEEN", "STATE", "SINCE", "REASON"];
const WIDE_HEADING = ["LABELS", "INTERVAL", "SKEW", "SESSION"];

/** The listing for people. */
export function renderPeelTable(peels: readonly ListedPeel[], { wide = false }: { wide?: boolean } = {}): string {
  if (!wide) return alignColumns(HEADING, peels.map(cellsOf));
  return alignColumns(
    [...HEADING, ...WIDE_HEADING],
    peels.map((peel) => [...cellsOf(peel), ...wideCellsOf(peel)]),
  );
}

function cellsOf(peel: ListedPeel): string[] {
  const online = isOnline(peel.state);
  return [
    peel.id,
    peel.os || "-",
    peel.arch || "-",
    peel.version || "-",
    online === undefined ? "-" : online ? "yes" : "no",
    peel.lastSeenMs === undefined ? "-" : `${Math.round(peel.lastSeenMs / 1_000)}s ago`,
    peel.state ?? "-",
    peel.sinceMs === undefined ? "-" : describeAgo(peel.sinceMs),
    peel.reason ?? "-",
  ];
}

function wideCellsOf({ labels, intervalMs, clockSkewMs, session }: ListedPeel): string[] {
  const seconds = (durationMs: number | undefined) => (durationMs === undefined ? "-" : `${durationMs / 1_000}s`);
  return [describeLabels(labels) || "-", seconds(intervalMs), seconds(clockSkewMs), session ?? "-"];
}

/** `role=web,zone=eu-1`, in the order of the keys. */
export function describeLabels(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(",");
}
