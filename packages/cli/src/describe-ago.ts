const UNITS: readonly [string, number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** A time that has passed in one unit, of which there are at least two: `90s ago`, `5m ago`, `47h ago`, `12d ago`. */
export function describeAgo(durationMs: number): string {
  const pastMs = Math.max(0, durationMs);
  const [unit, unitMs] = UNITS.find(([, size]) => pastMs >= 2 * size) ?? ["s", 1_000];
  return `${Math.floor(pastMs / unitMs)}${unit} ago`;
}
