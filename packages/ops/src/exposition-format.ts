/**
 * The format a scraper wants most of those `/metrics` offers, by its `Accept`. Text is the answer to everything else:
 * a scraper that names nothing we have is better served with that than with a refusal.
 */
export function negotiateExposition(accept: string | undefined): "text" | "openmetrics" {
  let text = 0;
  let openMetrics = 0;
  for (const range of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const quality = qualityOf(parameters);
    if (type === "application/openmetrics-text" && hasVersion(parameters, "1.0.0")) {
      openMetrics = Math.max(openMetrics, quality);
    } else if (type === "text/plain" && hasVersion(parameters, "0.0.4")) {
      text = Math.max(text, quality);
    }
  }
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}

function hasVersion(parameters: readonly string[], version: string): boolean {
  const given = parameters.find((parameter) => parameter.startsWith("version="));
  return given === undefined || given.slice("version=".length).replaceAll('"', "") === version;
}

/** A weight that cannot be read is none. */
function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith("q="));
  if (given === undefined) return 1;
  const quality = Number(given.slice("q=".length));
  return quality >= 0 && quality <= 1 ? quality : 0;
}
