import { invariant } from "@fleet/runtime";

const LITTLE_ENDIAN = true;
/** Of a text's length, and of a place. */
const SHORT_BYTES = 2;
const NUMBER_BYTES = 8;
const LONGEST_TEXT = 0xffff;
/** Place of what is not known. */
const NOWHERE = 0xffff;

const encoder = new TextEncoder();
// What looks like a byte order mark is part of the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Texts on the wire: each after the other, and how long each is. One that is empty is not known. */
export interface WrittenTexts {
  /** UTF-8. */
  readonly text: Uint8Array;
  /** For each, in UTF-16 units: two bytes, the lower one first. */
  readonly lengths: Uint8Array;
}

/** A column of texts: one piece of UTF-8 is written and read in a fraction of the time that as many as rows take. */
export class TextColumn {
  readonly #texts: string[] = [];
  readonly #lengths: ShortColumn;

  constructor(maxRows: number) {
    this.#lengths = new ShortColumn(maxRows);
  }

  add(text = ""): void {
    invariant(text.length <= LONGEST_TEXT, "texts of a column are short");
    this.#texts.push(text);
    this.#lengths.add(text.length);
  }

  /** What was added, and begins anew. */
  take(): WrittenTexts {
    const text = encoder.encode(this.#texts.join(""));
    this.#texts.length = 0;
    return { text, lengths: this.#lengths.take() };
  }
}

/** Reads the texts of so many rows; `undefined` if these are none. */
export function readTexts({ text, lengths }: WrittenTexts, rows: number): string[] | undefined {
  if (lengths.length !== rows * SHORT_BYTES) return undefined;
  const whole = decoder.decode(text);
  const view = viewOf(lengths);
  const texts: string[] = [];
  let end = 0;
  for (let row = 0; row < rows; row += 1) {
    const start = end;
    end += view.getUint16(row * SHORT_BYTES, LITTLE_ENDIAN);
    texts.push(whole.substring(start, end));
  }
  return end === whole.length ? texts : undefined;
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

/** A column of places in a table: two bytes each. */
export class PlaceColumn<T> {
  readonly #table: ValueTable<T>;
  readonly #onNew: (value: T) => void;
  readonly #places: ShortColumn;
  #last: T | undefined;
  #lastPlace = NOWHERE;

  /** `onNew` is called for each value that the table did not have. */
  constructor(maxRows: number, table: ValueTable<T>, onNew: (value: T) => void) {
    this.#places = new ShortColumn(maxRows);
    this.#table = table;
    this.#onNew = onNew;
  }

  add(value: T | undefined): void {
    // Most rows are like the one before.
    if (value !== this.#last) {
      this.#last = value;
      this.#lastPlace = value === undefined ? NOWHERE : this.#table.placeOf(value, this.#onNew);
    }
    this.#places.add(this.#lastPlace);
  }

  /** What was added, and begins anew, as the table has to as well. */
  take(): Uint8Array {
    this.#last = undefined;
    this.#lastPlace = NOWHERE;
    return this.#places.take();
  }
}

/** Reads the values of so many rows, `undefined` for what is not known; `undefined` altogether if these are none. */
export function readPlaces<T>(bytes: Uint8Array, rows: number, table: readonly T[]): (T | undefined)[] | undefined {
  if (bytes.length !== rows * SHORT_BYTES) return undefined;
  const view = viewOf(bytes);
  const values: (T | undefined)[] = [];
  for (let row = 0; row < rows; row += 1) {
    const place = view.getUint16(row * SHORT_BYTES, LITTLE_ENDIAN);
    if (place >= table.length && place !== NOWHERE) return undefined;
    values.push(table[place]);
  }
  return values;
}

/** A column of whole numbers of two bytes, the lower one first. */
class ShortColumn {
  readonly #view: DataView<ArrayBuffer>;
  #end = 0;

  constructor(maxRows: number) {
    this.#view = new DataView(new ArrayBuffer(maxRows * SHORT_BYTES));
  }

  add(value: number): void {
    this.#view.setUint16(this.#end, value, LITTLE_ENDIAN);
    this.#end += SHORT_BYTES;
  }

  take(): Uint8Array {
    const taken = new Uint8Array(this.#view.buffer.slice(0, this.#end));
    this.#end = 0;
    return taken;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
