const GAP = "  ";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * Aligns rows under a heading. A table library took 12 s for 10,000 rows; lists here have a million. Control characters
 * are shown as `?`: values come from machines that may not be trusted with this terminal.
 */
export function alignColumns(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map((cell) => cell.replaceAll(CONTROL, "?")));
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
