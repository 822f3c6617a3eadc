import type { LogFields, Logger } from "@fleet/runtime";

/** A logger for somebody who looks on: a line of plain text for each entry, without time or level; debug is left out. */
export function createLineLogger(write: (line: string) => void, bound: LogFields = {}): Logger {
  const line = (message: string, fields: LogFields = {}) => {
    const shown = Object.entries({ ...bound, ...fields }).map(
      ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    );
    write([message, ...shown].join("  "));
  };
  return {
    debug: () => {},
    info: line,
    warn: line,
    error: line,
    with: (fields) => createLineLogger(write, { ...bound, ...fields }),
  };
}
