const LITTLE_ENDIAN = true;
const HEAD_BYTES = 9;
/** Bytes that a row may take; with fewer than a double, what it holds is how much more than the least it is. */
const WIDTHS = [0, 1, 2, 4] as const;
const DOUBLE = 8;

/**
 * A column of numbers, to the nearest whole one: a byte that says how many bytes a row takes, the least of them as a double, and the rows,
 * of each the lowest byte first. With 0, 1, 2 or 4 bytes a row says how much more than the least it is, and all bits of one set that it
 * is not known; with 8 it is a double, NaN if it is not known.
 */
export class NumberColumn {
  readonly #numbers: Float64Array;
  #rows = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = Number.NEGATIVE_INFINITY;
  #unknown = 0;

  constructor(maxRows: number) {
    this.#numbers = new Float64Array(maxRows);
  }

  /** Adds a row; what is not a finite number is not known. */
  add(value: number | undefined): void {
    if (value === undefined || !Number.isFinite(value)) {
      this.#numbers[this.#rows] = Number.NaN;
      this.#unknown += 1;
    } else {
      const number = Math.round(value);
      this.#numbers[this.#rows] = number;
      if (number < this.#least) this.#least = number;
      if (number > this.#most) this.#most = number;
    }
    this.#rows += 1;
  }

  /** What was added, and begins anew. */
  take(): Uint8Array {
    const width = this.#width();
    const written = new Uint8Array(HEAD_BYTES + this.#rows * width);
    const view = viewOf(written);
    view.setUint8(0, width);
    view.setFloat64(1, this.#rows === this.#unknown ? Number.NaN : this.#least, LITTLE_ENDIAN);
    this.#write(view, width);
    this.#rows = 0;
    this.#least = Number.POSITIVE_INFINITY;
    this.#most = Number.NEGATIVE_INFINITY;
    this.#unknown = 0;
    return written;
  }

  #width(): number {
    if (this.#rows === this.#unknown) return 0;
    const range = this.#most - this.#least;
    if (range === 0 && this.#unknown === 0) return 0;
    return WIDTHS.find((width) => width > 0 && range < unknownOf(width)) ?? DOUBLE;
  }

  #write(view: DataView, width: number): void {
    const unknown = unknownOf(width);
    const least = this.#least;
    for (let row = 0; row < this.#rows; row += 1) {
      const number = this.#numbers[row] as number;
      const more = Number.isNaN(number) ? unknown : number - least;
      if (width === 2) view.setUint16(HEAD_BYTES + 2 * row, more, LITTLE_ENDIAN);
      else if (width === 4) view.setUint32(HEAD_BYTES + 4 * row, more, LITTLE_ENDIAN);
      else if (width === 1) view.setUint8(HEAD_BYTES + row, more);
      else if (width === DOUBLE) view.setFloat64(HEAD_BYTES + DOUBLE * row, number, LITTLE_ENDIAN);
    }
  }
}

/** Reads the numbers of so many rows, `undefined` for what is not known; `undefined` altogether if these are none. */
export function readNumbers(bytes: Uint8Array, rows: number): (number | undefined)[] | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const view = viewOf(bytes);
  const width = view.getUint8(0);
  const least = view.getFloat64(1, LITTLE_ENDIAN);
  const isWidth = width === DOUBLE || (WIDTHS as readonly number[]).includes(width);
  if (!isWidth || bytes.length !== HEAD_BYTES + rows * width) return undefined;
  if (Math.abs(least) === Number.POSITIVE_INFINITY) return undefined;
  if (width === 0) return new Array<number | undefined>(rows).fill(Number.isNaN(least) ? undefined : least);
  if (width === DOUBLE) return readDoubles(view, rows);
  if (Number.isNaN(least)) return undefined;
  // Small whole numbers, as most are, take no memory of their own if none of what they are made from was a double.
  return (least | 0) === least ? readMore(view, width, rows, least | 0) : readMore(view, width, rows, least);
}

function readMore(view: DataView, width: number, rows: number, least: number): (number | undefined)[] {
  const numbers: (number | undefined)[] = [];
  const unknown = unknownOf(width);
  for (let row = 0; row < rows; row += 1) {
    const more =
      width === 2
        ? view.getUint16(HEAD_BYTES + 2 * row, LITTLE_ENDIAN)
        : width === 4
          ? view.getUint32(HEAD_BYTES + 4 * row, LITTLE_ENDIAN)
          : view.getUint8(HEAD_BYTES + row);
    numbers.push(more === unknown ? undefined : least + more);
  }
  return numbers;
}

function readDoubles(view: DataView, rows: number): (number | undefined)[] | undefined {
  const numbers: (number | undefined)[] = [];
  for (let row = 0; row < rows; row += 1) {
    const number = view.getFloat64(HEAD_BYTES + DOUBLE * row, LITTLE_ENDIAN);
    if (Math.abs(number) === Number.POSITIVE_INFINITY) return undefined;
    numbers.push(Number.isNaN(number) ? undefined : number);
  }
  return numbers;
}

/** What stands for a number that is not known in so many bytes. */
function unknownOf(width: number): number {
  return 2 ** (8 * width) - 1;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
