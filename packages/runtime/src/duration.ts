const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration looks like. */
export const DURATION_PATTERN: RegExp = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;

/** Reads a duration such as `15s`, `1h30m` or `250ms` into milliseconds; `undefined` if it is not one. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!DURATION_PATTERN.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  }
  if (!Number.isFinite(totalMs)) return undefined;
  // 1.005 * 1,000 is 1,004.9999…: to the nanosecond, so that brokers which count in whole ones take it.
  return Math.round(totalMs * 1e6) / 1e6;
}

/**
 * Writes milliseconds the way Go does, less exactly: `250ms`, tenths from one second (`1.5s`), whole seconds from
 * one minute (`2h3m0s`); what is left over is cut off, as in an age.
 */
export function formatDuration(durationMs: number): string {
  const wholeMs = Math.round(Math.abs(durationMs));
  if (wholeMs === 0) return "0s";
  const sign = durationMs < 0 ? "-" : "";
  if (wholeMs < 1_000) return `${sign}${wholeMs}ms`;
  if (wholeMs < 60_000) return `${sign}${Math.floor(wholeMs / 100) / 10}s`;
  const seconds = Math.floor(wholeMs / 1_000);
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${sign}${hours > 0 ? `${hours}h` : ""}${minutes}m${seconds % 60}s`;
}
