import { type MetricFamily, type MetricValue, TOTAL } from "./metric-family.ts";
import type { TextBuffer } from "./text-buffer.ts";

/** How metrics are written: `text` is the Prometheus text format 0.0.4, `openmetrics` OpenMetrics 1.0. */
export type ExpositionFormat = "text" | "openmetrics" | "json";

/** An answer to a scrape. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/**
 * Writes `families`, by way of `buffer` alone: a scrape leaves nothing behind for the garbage collector but its
 * answer and what it was read from. Hence loops that count here: until V8 has compiled it, `for … of` makes an object at each
 * step. All formats have the same samples under the same names.
 */
export function writeExposition(
  families: readonly MetricFamily[],
  format: ExpositionFormat,
  buffer: TextBuffer,
): Exposition {
  // What is left of a writing that failed.
  buffer.take();
  switch (format) {
    case "text":
      writeLines(families, format, buffer);
      return { contentType: "text/plain; version=0.0.4; charset=utf-8", body: buffer.take() };
    case "openmetrics":
      writeLines(families, format, buffer);
      buffer.append("# EOF\n");
      return { contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8", body: buffer.take() };
    case "json":
      writeJson(families, buffer);
      return { contentType: "application/json", body: buffer.take() };
  }
}

type LineFormat = Exclude<ExpositionFormat, "json">;

/** What is escaped in a text that ends with its line, and in one that a quote ends. */
const IN_LINE = "\\\n";
const IN_QUOTES = '\\\n"';

function writeLines(families: readonly MetricFamily[], format: LineFormat, buffer: TextBuffer): void {
  for (let index = 0; index < families.length; index += 1) {
    const family = families[index] as MetricFamily;
    buffer.append("# HELP ");
    writeFamilyName(family, format, buffer);
    buffer.append(" ");
    buffer.append(family.help, format === "text" ? IN_LINE : IN_QUOTES);
    buffer.append("\n# TYPE ");
    writeFamilyName(family, format, buffer);
    buffer.append(" ");
    buffer.append(family.type);
    buffer.append("\n");
    writeSamples(family, format, buffer);
  }
}

function writeFamilyName({ name, type }: MetricFamily, format: LineFormat, buffer: TextBuffer): void {
  buffer.append(name);
  if (format === "openmetrics" && type === "counter" && name.endsWith(TOTAL)) buffer.drop(TOTAL.length);
}

function writeSamples({ name, values }: MetricFamily, format: LineFormat, buffer: TextBuffer): void {
  for (let index = 0; index < values.length; index += 1) {
    const { metricName = name, labels, value } = values[index] as MetricValue;
    buffer.append(metricName);
    let separator = "{";
    for (const label in labels) {
      buffer.append(separator);
      separator = '",';
      buffer.append(label);
      buffer.append('="');
      const text = labelText(labels[label]);
      buffer.append(text, IN_QUOTES);
      // OpenMetrics wants bounds written as floats, so that 1 and 1.0 are not two series.
      if (format === "openmetrics" && label === "le" && WHOLE.test(text)) buffer.append(".0");
    }
    buffer.append(separator === "{" ? " " : '"} ');
    writeNumber(value, buffer);
    buffer.append("\n");
  }
}

const WHOLE = /^-?\d+$/;

/** JSON has no infinities: bounds and values that are not finite are written as text, as elsewhere. */
function writeJson(families: readonly MetricFamily[], buffer: TextBuffer): void {
  buffer.append('{"schema_version":1,"metrics":[');
  for (let index = 0; index < families.length; index += 1) {
    const family = families[index] as MetricFamily;
    buffer.append(index === 0 ? '{"name":' : ',{"name":');
    writeJsonText(family.name, buffer);
    buffer.append(',"type":');
    writeJsonText(family.type, buffer);
    buffer.append(',"help":');
    writeJsonText(family.help, buffer);
    buffer.append(',"samples":[');
    writeJsonSamples(family, buffer);
    buffer.append("]}");
  }
  buffer.append("]}");
}

function writeJsonSamples({ name, values }: MetricFamily, buffer: TextBuffer): void {
  for (let index = 0; index < values.length; index += 1) {
    const { metricName = name, labels, value } = values[index] as MetricValue;
    buffer.append(index === 0 ? '{"name":' : ',{"name":');
    writeJsonText(metricName, buffer);
    buffer.append(',"labels":{');
    let separator = "";
    for (const label in labels) {
      buffer.append(separator);
      separator = ",";
      writeJsonText(label, buffer);
      buffer.append(":");
      writeJsonText(labelText(labels[label]), buffer);
    }
    const quote = Number.isFinite(value) ? "" : '"';
    buffer.append('},"value":');
    buffer.append(quote);
    writeNumber(value, buffer);
    buffer.append(quote);
    buffer.append("}");
  }
}

/** Has nothing for which JSON has other escapes than a label has. */
const PLAIN = /^[\n -\uffff]*$/;

function writeJsonText(text: string, buffer: TextBuffer): void {
  if (!PLAIN.test(text)) {
    buffer.append(JSON.stringify(text));
    return;
  }
  buffer.append('"');
  buffer.append(text, IN_QUOTES);
  buffer.append('"');
}

/** prom-client has numbers in labels: the bounds of buckets, and the parts of Node.js's version. */
function labelText(value: string | number | undefined): string {
  return String(value ?? "");
}

function writeNumber(value: number, buffer: TextBuffer): void {
  if (Number.isFinite(value) || Number.isNaN(value)) buffer.appendNumber(value);
  else buffer.append(value > 0 ? "+Inf" : "-Inf");
}
