import { type MetricFamily, type MetricSample, openMetricsName } from "./metric-family.ts";

/** How metrics are written: `text` is the Prometheus text format 0.0.4, `openmetrics` OpenMetrics 1.0. */
export type ExpositionFormat = "text" | "openmetrics" | "json";

/** An answer to a scrape. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/**
 * Writes `families`. All formats have the same samples under the same names; prom-client's own writer is not used,
 * because it renames the counters of a registry for good when it is asked for OpenMetrics.
 */
export function writeExposition(families: readonly MetricFamily[], format: ExpositionFormat): Exposition {
  switch (format) {
    case "text":
      return { contentType: "text/plain; version=0.0.4; charset=utf-8", body: writeText(families) };
    case "openmetrics":
      return {
        contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
        body: writeOpenMetrics(families),
      };
    case "json":
      return { contentType: "application/json", body: writeJson(families) };
  }
}

function writeText(families: readonly MetricFamily[]): string {
  let body = "";
  for (const { name, type, help, samples } of families) {
    body += `# HELP ${name} ${escapeLines(help)}\n# TYPE ${name} ${type}\n`;
    for (const sample of samples) body += writeSample(sample, formatNumber);
  }
  return body;
}

function writeOpenMetrics(families: readonly MetricFamily[]): string {
  let body = "";
  for (const family of families) {
    const name = openMetricsName(family);
    body += `# HELP ${name} ${escapeQuotes(family.help)}\n# TYPE ${name} ${family.type}\n`;
    for (const sample of family.samples) body += writeSample(sample, formatFloat);
  }
  return `${body}# EOF\n`;
}

/** JSON has no infinities: bounds and values that are not finite are written as text, as elsewhere. */
function writeJson(families: readonly MetricFamily[]): string {
  const metrics = families.map(({ samples, ...family }) => ({
    ...family,
    samples: samples.map(({ name, labels, value }) => ({
      name,
      labels: Object.fromEntries(
        Object.entries(labels).map(([label, text]) => [label, formatLabel(text, formatNumber)]),
      ),
      value: Number.isFinite(value) ? value : formatNumber(value),
    })),
  }));
  return JSON.stringify({ schema_version: 1, metrics });
}

function writeSample({ name, labels, value }: MetricSample, formatBound: (bound: number) => string): string {
  const parts = Object.entries(labels).map(
    ([label, text]) => `${label}="${escapeQuotes(formatLabel(text, formatBound))}"`,
  );
  return `${name}${parts.length > 0 ? `{${parts.join(",")}}` : ""} ${formatNumber(value)}\n`;
}

/** The only labels that are numbers are the bounds of a histogram's buckets. */
function formatLabel(value: string | number, formatBound: (bound: number) => string): string {
  return typeof value === "number" ? formatBound(value) : value;
}

function formatNumber(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

/** OpenMetrics wants bounds written as floats, so that 1 and 1.0 are not two series. */
function formatFloat(value: number): string {
  const text = formatNumber(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function escapeLines(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeQuotes(text: string): string {
  return escapeLines(text).replaceAll('"', '\\"');
}
