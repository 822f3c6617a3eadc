const GAP = "  ";

/** Longest text of a cell: that of the longest peel id. One peel with longer facts must not widen every line. */
const MAX_CELL = 128;

/** What a terminal obeys: control characters, and those that turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Aligns rows under a heading. A table library took 12 s for 10,000 rows; lists here have a million. Control characters
 * are shown as `?` and long values are cut: they come from machines that may not be trusted with this terminal.
 */
export function alignColumns(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map((cell) => cut(showable(cell))));
  const widths = heading.map((title, column) => {
    let width = title.length;
    for (const row of clean) width = Math.max(width, row[column]?.length ?? 0);
    return width;
  });
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  return [heading, ...clean].map(line).join("\n");
}

/** A text without what a terminal would obey. */
export function showable(text: string): string {
  return text.replaceAll(CONTROL, "?");
}

function cut(cell: string): string {
  return cell.length > MAX_CELL ? `${cell.slice(0, MAX_CELL - 1)}…` : cell;
}
