import type { ViewStream } from "../dev/fleet-view.ts";

/** A terminal's screen as a person would see it, with what has scrolled off its top. */
export interface Screen extends ViewStream {
  /** Every line there was and is, without trailing spaces and without empty lines at the end. */
  readonly text: readonly string[];
  /** Narrows or widens it as most terminals do, by wrapping the lines anew. */
  resize(columns: number): void;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what a terminal obeys.
const SEQUENCE = /^\u001b\[(\d*)([AJKm])/;

/**
 * Creates a screen that wraps, scrolls, and obeys what a live picture is made of: carriage return, cursor up, erase in
 * line and below. Anything else of the kind is an error: it would be shown by a real one in some way not thought of.
 */
export function createScreen(size: { columns: number; rows: number }): Screen {
  let columns = size.columns;
  let lines: string[] = [""];
  /** Whether a line goes on in the next because it was full. */
  let wrapped = new Set<number>();
  let [row, column] = [0, 0];

  const lineFeed = () => {
    row += 1;
    column = 0;
    if (row === lines.length) lines.push("");
  };
  const put = (character: string) => {
    if (column === columns) {
      wrapped.add(row);
      lineFeed();
    }
    const line = (lines[row] ?? "").padEnd(column);
    lines[row] = line.slice(0, column) + character + line.slice(column + 1);
    column += 1;
  };
  const obey = (command: string, amount: string) => {
    if (command === "A") row = Math.max(row - Number(amount || 1), lines.length - size.rows, 0);
    else if (command === "K" && amount === "2") lines[row] = "";
    // At the edge the cursor is on the last character, not behind it.
    else if (command === "K") lines[row] = (lines[row] ?? "").slice(0, Math.min(column, columns - 1));
    else if (command === "J") {
      lines = lines.map((line, index) => (index > row ? "" : line));
      lines[row] = (lines[row] ?? "").slice(0, column);
    }
    for (const index of wrapped) if (index >= row && command !== "m") wrapped.delete(index);
  };

  const write = (text: string) => {
    let rest = text;
    while (rest !== "") {
      const sequence = SEQUENCE.exec(rest);
      const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      if (sequence) obey(sequence[2] ?? "", sequence[1] ?? "");
      else if (character === "\n") lineFeed();
      else if (character === "\r") column = 0;
      else if (character < " ") throw new Error(`this screen does not know ${JSON.stringify(rest.slice(0, 8))}`);
      else put(character);
      rest = rest.slice(sequence?.[0].length ?? character.length);
    }
  };

  const resize = (to: number) => {
    const logical: string[] = [];
    lines.forEach((line, index) => {
      if (wrapped.has(index - 1)) logical.push((logical.pop() ?? "") + line);
      else logical.push(line);
    });
    lines = [];
    wrapped = new Set();
    columns = to;
    for (const line of logical) {
      for (let start = 0; start === 0 || start < line.length; start += to) {
        if (start > 0) wrapped.add(lines.length - 1);
        lines.push(line.slice(start, start + to));
      }
    }
    [row, column] = [lines.length - 1, 0];
  };

  return {
    isTTY: true,
    get columns() {
      return columns;
    },
    rows: size.rows,
    get text() {
      const shown = lines.map((line) => line.trimEnd());
      while (shown.at(-1) === "") shown.pop();
      return shown;
    },
    write,
    resize,
  };
}
