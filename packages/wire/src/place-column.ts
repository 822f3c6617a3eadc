import { invariant } from "@fleet/runtime";
import { CodeColumn, readCodes } from "./code-column.ts";

/** Place of what is not known. */
const NOWHERE = 0;

/** Values that many rows share: each stands once. Their places are counted from 1. */
export class ValueTable<T> {
  readonly #places = new Map<T, number>();

  /** `onNew` is called for a value that is not there yet. */
  placeOf(value: T, onNew: (value: T) => void): number {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const place = this.#places.size + 1;
    invariant(place <= 0xffff, "values of a table are few");
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

/** A column of places in a table: codes, 0 for what is not known. */
export class PlaceColumn<T> {
  readonly #table: ValueTable<T>;
  readonly #onNew: (value: T) => void;
  readonly #codes: CodeColumn;
  #last: T | undefined;
  #lastPlace = NOWHERE;

  /** `onNew` is called for each value that the table did not have. */
  constructor(maxRows: number, table: ValueTable<T>, onNew: (value: T) => void) {
    this.#codes = new CodeColumn(maxRows);
    this.#table = table;
    this.#onNew = onNew;
  }

  add(value: T | undefined): void {
    // Most rows are like the one before.
    if (value !== this.#last) {
      this.#last = value;
      this.#lastPlace = value === undefined ? NOWHERE : this.#table.placeOf(value, this.#onNew);
    }
    this.#codes.add(this.#lastPlace);
  }

  /** What was added, and begins anew, as the table has to as well. */
  take(): Uint8Array {
    this.#last = undefined;
    this.#lastPlace = NOWHERE;
    return this.#codes.take();
  }
}

/** Reads the values of so many rows, `undefined` for what is not known; `undefined` altogether if these are none. */
export function readPlaces<T>(bytes: Uint8Array, rows: number, table: readonly T[]): (T | undefined)[] | undefined {
  const places = readCodes(bytes, rows);
  if (!places) return undefined;
  const byPlace: readonly (T | undefined)[] = [undefined, ...table];
  const values: (T | undefined)[] = [];
  for (const place of places) {
    if (place >= byPlace.length) return undefined;
    values.push(byPlace[place]);
  }
  return values;
}
