import { invariant } from "@fleet/runtime";

/** One more than the largest code. */
const CODES = 0x1_0000;
const BYTE = 0x100;

/**
 * A column of whole numbers below 65,536: a byte that says how many bytes a row takes, 1 or 2, and the rows, of each the lower byte first;
 * or 0 where all rows have the same number, which follows in two bytes.
 */
export class CodeColumn {
  readonly #codes: Uint16Array;
  #rows = 0;
  /** All bits that any of them has. */
  #bits = 0;
  #isUniform = true;

  constructor(maxRows: number) {
    this.#codes = new Uint16Array(maxRows);
  }

  add(code: number): void {
    invariant(code >= 0 && code < CODES, "a code has two bytes");
    if (code !== this.#codes[0] && this.#rows > 0) this.#isUniform = false;
    this.#codes[this.#rows] = code;
    this.#rows += 1;
    this.#bits |= code;
  }

  /** What was added, and begins anew. */
  take(): Uint8Array {
    const written = this.#isUniform ? this.#writeUniform() : this.#writeRows(this.#bits < BYTE ? 1 : 2);
    this.#rows = 0;
    this.#bits = 0;
    this.#isUniform = true;
    return written;
  }

  #writeUniform(): Uint8Array {
    const code = this.#rows > 0 ? (this.#codes[0] ?? 0) : 0;
    return Uint8Array.of(0, code % BYTE, Math.floor(code / BYTE));
  }

  #writeRows(width: 1 | 2): Uint8Array {
    const codes = this.#codes.subarray(0, this.#rows);
    const written = new Uint8Array(1 + width * codes.length);
    written[0] = width;
    if (width === 1) written.set(codes, 1);
    else {
      for (const [row, code] of codes.entries()) {
        written[1 + 2 * row] = code % BYTE;
        written[2 + 2 * row] = Math.floor(code / BYTE);
      }
    }
    return written;
  }
}

/** Reads the codes of so many rows; `undefined` if these are none. */
export function readCodes(bytes: Uint8Array, rows: number): Uint16Array | undefined {
  const width = bytes[0];
  const codes = new Uint16Array(rows);
  const codeAt = (at: number) => (bytes[at] ?? 0) + BYTE * (bytes[at + 1] ?? 0);
  if (width === 0) return bytes.length === 3 ? codes.fill(codeAt(1)) : undefined;
  if ((width !== 1 && width !== 2) || bytes.length !== 1 + width * rows) return undefined;
  if (width === 1) codes.set(bytes.subarray(1));
  else for (let row = 0; row < rows; row += 1) codes[row] = codeAt(1 + 2 * row);
  return codes;
}
