import { CodeColumn, readCodes } from "./code-column.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A column of texts: a JSON list of them, which is written and read in a fraction of the time that as many strings take. */
export class TextColumn {
  #texts: string[] = [];

  add(text: string): void {
    this.#texts.push(text);
  }

  /** What was added, and begins anew. */
  take(): Uint8Array {
    const taken = encoder.encode(JSON.stringify(this.#texts));
    this.#texts = [];
    return taken;
  }
}

/** Reads the texts, as many as there are; `undefined` if these are none. Each is a string of its own, fit to be compared. */
export function readTexts(bytes: Uint8Array): readonly string[] | undefined {
  let texts: unknown;
  try {
    texts = JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
  return Array.isArray(texts) && texts.every((text) => typeof text === "string") ? texts : undefined;
}

/** A column of texts as a length for each, in UTF-16 units, and one long text. */
export class PieceColumn {
  readonly #lengths: CodeColumn;
  #text = "";

  constructor(maxRows: number) {
    this.#lengths = new CodeColumn(maxRows);
  }

  add(text = ""): void {
    this.#lengths.add(text.length);
    this.#text += text;
  }

  /** What was added, and begins anew. */
  take(): { readonly lengths: Uint8Array; readonly text: Uint8Array } {
    const taken = { lengths: this.#lengths.take(), text: encoder.encode(this.#text) };
    this.#text = "";
    return taken;
  }
}

/**
 * Reads the texts of so many rows; `undefined` if these are none. They are pieces of one string, which is read faster than a string for
 * each, and compared several times as slowly.
 */
export function readPieces(
  { lengths, text }: { lengths: Uint8Array; text: Uint8Array },
  rows: number,
): readonly string[] | undefined {
  const read = readCodes(lengths, rows);
  if (!read) return undefined;
  const whole = decoder.decode(text);
  const pieces: string[] = [];
  let from = 0;
  for (const length of read) {
    pieces.push(whole.slice(from, from + length));
    from += length;
  }
  return from === whole.length ? pieces : undefined;
}
