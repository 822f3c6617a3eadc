import { invariant } from "@fleet/runtime";

const LITTLE_ENDIAN = true;
/** Of a place. */
const PLACE_BYTES = 2;
const NUMBER_BYTES = 8;
/** Place of what is not known. */
const NOWHERE = 0xffff;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A column of texts: a JSON list of them, which is written and read in a fraction of the time that as many strings take. */
export class TextColumn {
  #texts: string[] = [];

  add(text = ""): void {
    this.#texts.push(text);
  }

  /** What was added, and begins anew. */
  take(): Uint8Array {
    const taken = encoder.encode(JSON.stringify(this.#texts));
    this.#texts = [];
    return taken;
  }
}

/**
 * Reads the texts of so many rows; `undefined` if these are none. Each is a string of its own: pieces of one long string would be
 * read faster still, and compared three times as slowly when they are sorted.
 */
export function readTexts(bytes: Uint8Array, rows: number): readonly string[] | undefined {
  let texts: unknown;
  try {
    texts = JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
  if (!Array.isArray(texts) || texts.length !== rows) return undefined;
  return texts.every((text) => typeof text === "string") ? texts : undefined;
}

/** A column of numbers, to the nearest whole one: doubles of eight bytes, the lowest one first. */
export class NumberColumn {
  readonly #view: DataView<ArrayBuffer>;
  #end = 0;

  constructor(maxRows: number) {
    this.#view = new DataView(new ArrayBuffer(maxRows * NUMBER_BYTES));
  }

  add(value: number | undefined): void {
    this.#view.setFloat64(this.#end, value === undefined ? Number.NaN : Math.round(value), LITTLE_ENDIAN);
    this.#end += NUMBER_BYTES;
  }

  /** What was added, and begins anew. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.#view.buffer.slice(0, this.#end));
    this.#end = 0;
    return taken;
  }
}

/** Reads the numbers of so many rows, NaN for what is not known; `undefined` if these are none. */
export function readNumbers(bytes: Uint8Array, rows: number): Float64Array | undefined {
  if (bytes.length !== rows * NUMBER_BYTES) return undefined;
  const view = viewOf(bytes);
  const numbers = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const value = view.getFloat64(row * NUMBER_BYTES, LITTLE_ENDIAN);
    if (Math.abs(value) === Number.POSITIVE_INFINITY) return undefined;
    numbers[row] = value;
  }
  return numbers;
}

/** Values that many rows share: each stands once. */
export class ValueTable<T> {
  readonly #places = new Map<T, number>();

  /** `onNew` is called for a value that is not there yet. */
  placeOf(value: T, onNew: (value: T) => void): number {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const place = this.#places.size;
    invariant(place < NOWHERE, "values of a table are few");
    this.#places.set(value, place);
    onNew(value);
    return place;
  }

  /** What was added, and begins anew. */
  take(): T[] {
    const taken = [...this.#places.keys()];
    this.#places.clear();
    return taken;
  }
}

/** A column of places in a table: two bytes each, the lower one first. */
export class PlaceColumn<T> {
  readonly #table: ValueTable<T>;
  readonly #onNew: (value: T) => void;
  readonly #view: DataView<ArrayBuffer>;
  #end = 0;
  #last: T | undefined;
  #lastPlace = NOWHERE;

  /** `onNew` is called for each value that the table did not have. */
  constructor(maxRows: number, table: ValueTable<T>, onNew: (value: T) => void) {
    this.#view = new DataView(new ArrayBuffer(maxRows * PLACE_BYTES));
    this.#table = table;
    this.#onNew = onNew;
  }

  add(value: T | undefined): void {
    // Most rows are like the one before.
    if (value !== this.#last) {
      this.#last = value;
      this.#lastPlace = value === undefined ? NOWHERE : this.#table.placeOf(value, this.#onNew);
    }
    this.#view.setUint16(this.#end, this.#lastPlace, LITTLE_ENDIAN);
    this.#end += PLACE_BYTES;
  }

  /** What was added, and begins anew, as the table has to as well. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.#view.buffer.slice(0, this.#end));
    this.#end = 0;
    this.#last = undefined;
    this.#lastPlace = NOWHERE;
    return taken;
  }
}

/** Reads the values of so many rows, `undefined` for what is not known; `undefined` altogether if these are none. */
export function readPlaces<T>(bytes: Uint8Array, rows: number, table: readonly T[]): (T | undefined)[] | undefined {
  if (bytes.length !== rows * PLACE_BYTES) return undefined;
  const view = viewOf(bytes);
  const values: (T | undefined)[] = [];
  for (let row = 0; row < rows; row += 1) {
    const place = view.getUint16(row * PLACE_BYTES, LITTLE_ENDIAN);
    if (place >= table.length && place !== NOWHERE) return undefined;
    values.push(table[place]);
  }
  return values;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
