/** What a picture is drawn on. */
export interface Terminal {
  readonly columns?: number;
  write(text: string): unknown;
}

const ERASE_LINE = "\u001b[2K";
const ERASE_TO_END_OF_LINE = "\u001b[K";
const ERASE_BELOW = "\u001b[J";

/** Lines that are kept in place below everything else a terminal shows. */
export interface LivePicture {
  /** Draws these lines in the place of those before, with `above`, which stays, over them. */
  draw(lines: readonly string[], above?: string): void;
}

/**
 * Creates a picture on a terminal that nothing else writes to. It must have fewer lines than the terminal has rows, none
 * wider than its columns. After a change of width it is found again where the terminal has wrapped its lines anew.
 */
export function createLivePicture(terminal: Terminal): LivePicture {
  let shown: readonly string[] = [];
  const columnsNow = () => terminal.columns || 80;

  /** To the start of the picture from the line below it. */
  const toStart = () => {
    const columns = columnsNow();
    let height = 0;
    for (const line of shown) height += Math.max(1, Math.ceil(line.length / columns));
    return height > 0 ? `\r\u001b[${height}A` : "\r";
  };

  /** A line of any length, which the terminal wraps. */
  const noteLine = (line: string) => {
    // At the edge of the screen erasing would take the last character.
    const atEdge = line.length > 0 && line.length % columnsNow() === 0;
    return `${line}${atEdge ? "" : ERASE_TO_END_OF_LINE}\n`;
  };

  return {
    draw(lines, above) {
      const note = above === undefined ? "" : above.split("\n").map(noteLine).join("");
      // Line by line, and what is left over at the end: a screen erased first would flicker, and go into the history.
      const picture = lines.map((line) => `${ERASE_LINE}${line}\n`).join("");
      terminal.write(`${toStart()}${note}${picture}${ERASE_BELOW}`);
      shown = lines;
    },
  };
}
