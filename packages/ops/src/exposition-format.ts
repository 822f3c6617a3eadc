import { type MediaRange, parseAccept, weightOf } from "./accept.ts";

const OPEN_METRICS = "application/openmetrics-text";

/**
 * The format a scraper wants most of those `/metrics` offers, by its `Accept`. OpenMetrics is for who names it; text is the answer to
 * everything else: a scraper that names nothing we have is better served with that than with a refusal.
 */
export function negotiateExposition(accept: string | undefined): "text" | "openmetrics" {
  const ranges = parseAccept(accept);
  const named = ranges.filter(({ type }) => type === OPEN_METRICS);
  const openMetrics = weightOf(named, OPEN_METRICS, isOfVersion("1.0.0"));
  const text = weightOf(ranges, "text/plain", isOfVersion("0.0.4"));
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}

/** A scraper that names no version takes any. */
function isOfVersion(version: string): (range: MediaRange) => boolean {
  return ({ parameters }) => (parameters.get("version") ?? version) === version;
}
