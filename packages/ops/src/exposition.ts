import { type MetricFamily, type MetricValue, openMetricsName } from "./metric-family.ts";
import type { TextBuffer } from "./text-buffer.ts";

/** How metrics are written: `text` is the Prometheus text format 0.0.4, `openmetrics` OpenMetrics 1.0. */
export type ExpositionFormat = "text" | "openmetrics" | "json";

/** An answer to a scrape. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/** Writes a number that is the bound of a bucket. */
type FormatBound = (bound: number) => string;

/**
 * Writes `families`, by way of `buffer`, which must be empty: a scrape leaves nothing behind for the garbage collector but its
 * answer and what it was read from. All formats have the same samples under the same names; prom-client's own writer is
 * not used, because it renames the counters of a registry for good when it is asked for OpenMetrics.
 */
export function writeExposition(
  families: readonly MetricFamily[],
  format: ExpositionFormat,
  buffer: TextBuffer,
): Exposition {
  switch (format) {
    case "text":
      writeText(families, buffer);
      return { contentType: "text/plain; version=0.0.4; charset=utf-8", body: buffer.take() };
    case "openmetrics":
      writeOpenMetrics(families, buffer);
      return { contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8", body: buffer.take() };
    case "json":
      writeJson(families, buffer);
      return { contentType: "application/json", body: buffer.take() };
  }
}

function writeText(families: readonly MetricFamily[], buffer: TextBuffer): void {
  for (const family of families) {
    writeHeader(family.name, escapeLines(family.help), family, buffer);
    for (const value of family.values) writeSample(family, value, formatNumber, buffer);
  }
}

function writeOpenMetrics(families: readonly MetricFamily[], buffer: TextBuffer): void {
  for (const family of families) {
    writeHeader(openMetricsName(family), escapeQuotes(family.help), family, buffer);
    for (const value of family.values) writeSample(family, value, formatFloat, buffer);
  }
  buffer.append("# EOF\n");
}

function writeHeader(name: string, help: string, { type }: MetricFamily, buffer: TextBuffer): void {
  buffer.append("# HELP ");
  buffer.append(name);
  buffer.append(" ");
  buffer.append(help);
  buffer.append("\n# TYPE ");
  buffer.append(name);
  buffer.append(" ");
  buffer.append(type);
  buffer.append("\n");
}

function writeSample(
  { name }: MetricFamily,
  { metricName = name, labels, value }: MetricValue,
  formatBound: FormatBound,
  buffer: TextBuffer,
): void {
  buffer.append(metricName);
  let separator = "{";
  for (const label in labels) {
    buffer.append(separator);
    buffer.append(label);
    buffer.append('="');
    buffer.append(escapeQuotes(formatLabel(labels[label], formatBound)));
    separator = '",';
  }
  buffer.append(separator === "{" ? " " : '"} ');
  buffer.append(formatNumber(value));
  buffer.append("\n");
}

/** JSON has no infinities: bounds and values that are not finite are written as text, as elsewhere. */
function writeJson(families: readonly MetricFamily[], buffer: TextBuffer): void {
  buffer.append('{"schema_version":1,"metrics":[');
  let separator = "{";
  for (const { name, type, help, values } of families) {
    buffer.append(separator);
    separator = ",{";
    buffer.append('"name":');
    writeJsonText(name, buffer);
    buffer.append(',"type":');
    writeJsonText(type, buffer);
    buffer.append(',"help":');
    writeJsonText(help, buffer);
    buffer.append(',"samples":[');
    let before = "{";
    for (const value of values) {
      buffer.append(before);
      before = ",{";
      writeJsonSample(name, value, buffer);
    }
    buffer.append("]}");
  }
  buffer.append("]}");
}

function writeJsonSample(name: string, { metricName = name, labels, value }: MetricValue, buffer: TextBuffer): void {
  buffer.append('"name":');
  writeJsonText(metricName, buffer);
  buffer.append(',"labels":{');
  let separator = "";
  for (const label in labels) {
    buffer.append(separator);
    separator = ",";
    writeJsonText(label, buffer);
    buffer.append(":");
    writeJsonText(formatLabel(labels[label], formatNumber), buffer);
  }
  buffer.append('},"value":');
  if (Number.isFinite(value)) buffer.append(formatNumber(value));
  else writeJsonText(formatNumber(value), buffer);
  buffer.append("}");
}

/** Printable ASCII that JSON takes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

function writeJsonText(text: string, buffer: TextBuffer): void {
  if (!PLAIN.test(text)) {
    buffer.append(JSON.stringify(text));
    return;
  }
  buffer.append('"');
  buffer.append(text);
  buffer.append('"');
}

/** The only labels that are numbers are the bounds of a histogram's buckets. */
function formatLabel(value: string | number | undefined, formatBound: FormatBound): string {
  return typeof value === "number" ? formatBound(value) : (value ?? "");
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
