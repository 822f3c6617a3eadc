import type { TerminalSize } from "./dev/fleet-picture.ts";

/** A table as lines that a terminal of this size shows whole, so that they can be redrawn in place. */
export function pictureOf(table: readonly string[], { columns, rows }: TerminalSize): readonly string[] {
  const room = Math.max(2, rows - 1);
  const lines = table.length > room ? [...table.slice(0, room - 1), `… and ${table.length - room + 1} more`] : table;
  return lines.map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line));
}
