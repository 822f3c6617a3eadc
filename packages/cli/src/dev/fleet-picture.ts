import { isOnline, type ListedPeel } from "@fleet/presence";
import { renderPeelTable } from "../peel-table.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Above the table an empty line, below it the one that the cursor is on. */
const LINES_AROUND = 2;

/**
 * The peels as lines that a terminal of this size shows whole, since only then they can be redrawn in place: they are cut
 * at its edge, and peels that there is no line for are counted in the last one.
 */
export function fleetPicture(
  peels: readonly ListedPeel[],
  complete: boolean,
  { columns, rows }: TerminalSize,
): readonly string[] {
  const status = complete ? [] : ["", "waiting for the fleet to be complete …"];
  const room = Math.max(2, rows - LINES_AROUND - status.length);
  let table = renderPeelTable(peels).split("\n");
  if (table.length > room) {
    const rest = peels.slice(room - 2);
    const offline = rest.filter((peel) => isOnline(peel.state) === false).length;
    table = [
      ...table.slice(0, room - 1),
      `… and ${rest.length} more${offline > 0 ? `, ${offline} of them offline` : ""}`,
    ];
  }
  return ["", ...table, ...status].map((line) => cutAt(line, columns));
}

function cutAt(line: string, columns: number): string {
  return line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
}
