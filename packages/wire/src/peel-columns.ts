import { CodeColumn, readCodes } from "./code-column.ts";
import { isMissing, type WireMap } from "./map-codec.ts";
import { NumberColumn, readNumbers } from "./number-column.ts";
import type { PeelRow } from "./peel-row.ts";
import { PlaceColumn, readPlaces, ValueTable } from "./place-column.ts";
import { isTextMap, PEEL_STATES } from "./presence-query.ts";
import { ROSTER_REASONS } from "./roster.ts";
import { PieceColumn, readPieces, readTexts, TextColumn } from "./text-column.ts";

/** Rows as they lie on the wire, column by column. */
export interface WrittenPeels {
  readonly rows: number;
  readonly columns: WireMap;
}

/** What one row takes at most besides its texts; and what a wide one takes besides. */
const ROW_BYTES = 29;
const WIDE_BYTES = 18;
/** Of a text or a set of labels in a table, besides characters: what is full has fewer of them than a table can have. */
const TEXT_BYTES = 4;
/** Of a reason that is not known; the others are counted from 1. */
const UNKNOWN = 0;

/**
 * Writes peels column by column: what many of them share stands once, and 100,000 are written and read in a fraction of the time
 * that as many maps take. `{states, reasons, ids, since_ago, seen_ago, versions, os, archs, labels, session_lengths?, sessions?,
 * intervals?, skews?, texts, label_sets}`: all but the last two are bytes. Ids are a JSON list, which says how many rows there are;
 * times in ms before `as_of`, intervals and skews a {@link NumberColumn}; states, reasons and the places of names and label sets in
 * `texts` and `label_sets` a {@link CodeColumn}, 0 for what is not known of all but states; sessions one text, and how long each is.
 */
export class PeelColumns {
  readonly #states: CodeColumn;
  readonly #reasons: CodeColumn;
  readonly #ids: TextColumn;
  readonly #sinceAgo: NumberColumn;
  readonly #seenAgo: NumberColumn;
  readonly #texts = new ValueTable<string>();
  readonly #labelSets = new ValueTable<PeelRow["labels"]>();
  readonly #versions: PlaceColumn<string>;
  readonly #os: PlaceColumn<string>;
  readonly #archs: PlaceColumn<string>;
  readonly #labels: PlaceColumn<PeelRow["labels"]>;
  readonly #wide: WideColumns | undefined;
  readonly #maxBytes: number;
  #rows = 0;
  #bytes = 0;

  /**
   * Full with `maxBytes` at most: three times as many if no character of names and labels is of ASCII, and one row more. Session,
   * interval and skew are written only if `wide`.
   */
  constructor({ maxBytes, wide }: { maxBytes: number; wide: boolean }) {
    const maxRows = Math.ceil(maxBytes / ROW_BYTES) + 1;
    const onText = (text: string) => {
      this.#bytes += text.length + TEXT_BYTES;
    };
    const onLabels = (labels: PeelRow["labels"]) => {
      this.#bytes += TEXT_BYTES;
      for (const key in labels) this.#bytes += key.length + (labels[key]?.length ?? 0) + TEXT_BYTES;
    };
    this.#maxBytes = maxBytes;
    this.#states = new CodeColumn(maxRows);
    this.#reasons = new CodeColumn(maxRows);
    this.#ids = new TextColumn();
    this.#sinceAgo = new NumberColumn(maxRows);
    this.#seenAgo = new NumberColumn(maxRows);
    this.#versions = new PlaceColumn(maxRows, this.#texts, onText);
    this.#os = new PlaceColumn(maxRows, this.#texts, onText);
    this.#archs = new PlaceColumn(maxRows, this.#texts, onText);
    this.#labels = new PlaceColumn(maxRows, this.#labelSets, onLabels);
    this.#wide = wide ? new WideColumns(maxRows) : undefined;
  }

  /** Whether there is no room for another row. */
  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  /** About how many bytes the rows take on the wire at most. */
  get bytes(): number {
    return this.#bytes;
  }

  add(row: PeelRow): void {
    this.#bytes += ROW_BYTES + row.id.length;
    this.#rows += 1;
    this.#states.add(PEEL_STATES.indexOf(row.state));
    this.#reasons.add(row.reason === undefined ? UNKNOWN : 1 + ROSTER_REASONS.indexOf(row.reason));
    this.#ids.add(row.id);
    this.#sinceAgo.add(row.sinceMs);
    this.#seenAgo.add(row.lastSeenMs);
    this.#versions.add(row.version);
    this.#os.add(row.os);
    this.#archs.add(row.arch);
    this.#labels.add(row.labels);
    if (!this.#wide) return;
    this.#bytes += WIDE_BYTES + (row.session?.length ?? 0);
    this.#wide.add(row);
  }

  /** The rows, which are then not here any more. */
  take(): WrittenPeels {
    const rows = this.#rows;
    const columns = {
      states: this.#states.take(),
      reasons: this.#reasons.take(),
      ids: this.#ids.take(),
      since_ago: this.#sinceAgo.take(),
      seen_ago: this.#seenAgo.take(),
      versions: this.#versions.take(),
      os: this.#os.take(),
      archs: this.#archs.take(),
      labels: this.#labels.take(),
      ...this.#wide?.take(),
      texts: this.#texts.take(),
      label_sets: this.#labelSets.take(),
    };
    this.#rows = 0;
    this.#bytes = 0;
    return { rows, columns };
  }
}

/** The columns that only a wide list has. */
class WideColumns {
  readonly #sessions: PieceColumn;
  readonly #intervals: NumberColumn;
  readonly #skews: NumberColumn;

  constructor(maxRows: number) {
    this.#sessions = new PieceColumn(maxRows);
    this.#intervals = new NumberColumn(maxRows);
    this.#skews = new NumberColumn(maxRows);
  }

  add({ session, intervalMs, clockSkewMs }: PeelRow): void {
    this.#sessions.add(session);
    this.#intervals.add(intervalMs);
    this.#skews.add(clockSkewMs);
  }

  take(): WireMap {
    const { lengths, text } = this.#sessions.take();
    return { session_lengths: lengths, sessions: text, intervals: this.#intervals.take(), skews: this.#skews.take() };
  }
}

const NO_LABELS: PeelRow["labels"] = {};
/** By their codes. */
const REASONS: readonly PeelRow["reason"][] = [undefined, ...ROSTER_REASONS];

/** Reads them; columns that there are not are unknown. `undefined` if these are none. */
export function readPeelColumns(map: WireMap): PeelRow[] | undefined {
  const { ids: idList } = map;
  const texts = listIn(map["texts"], isText);
  const labelSets = listIn(map["label_sets"], isTextMap);
  const ids = idList instanceof Uint8Array ? readTexts(idList) : undefined;
  if (!texts || !labelSets || !ids) return undefined;
  const rows = ids.length;
  const column = <T>(name: string, read: (bytes: Uint8Array) => T | undefined): T | readonly never[] | undefined => {
    const bytes = map[name];
    if (isMissing(bytes)) return [];
    return bytes instanceof Uint8Array ? read(bytes) : undefined;
  };
  const codesOf = (name: string) => column(name, (bytes) => readCodes(bytes, rows));
  const placesOf = <T>(name: string, table: readonly T[]) => column(name, (bytes) => readPlaces(bytes, rows, table));
  const numbersOf = (name: string) => column(name, (bytes) => readNumbers(bytes, rows));
  const states = codesOf("states");
  const reasons = codesOf("reasons");
  const sinceAgo = numbersOf("since_ago");
  const seenAgo = numbersOf("seen_ago");
  const versions = placesOf("versions", texts);
  const os = placesOf("os", texts);
  const archs = placesOf("archs", texts);
  const labels = placesOf("labels", labelSets);
  const { session_lengths: lengths } = map;
  const sessions = column("sessions", (text) =>
    lengths instanceof Uint8Array ? readPieces({ lengths, text }, rows) : undefined,
  );
  const intervals = numbersOf("intervals");
  const skews = numbersOf("skews");
  if (!sinceAgo || !seenAgo || !versions || !os || !archs || !labels || !sessions || !intervals || !skews) {
    return undefined;
  }
  if (states?.length !== rows || reasons?.length !== rows) return undefined;
  const peels: PeelRow[] = [];
  for (let row = 0; row < rows; row += 1) {
    const state = PEEL_STATES[states[row] as number];
    const reason = reasons[row] as number;
    const id = ids[row] as string;
    if (state === undefined || id === "" || reason > ROSTER_REASONS.length) return undefined;
    peels.push({
      id,
      state,
      reason: REASONS[reason],
      sinceMs: sinceAgo[row],
      lastSeenMs: seenAgo[row],
      version: versions[row],
      os: os[row],
      arch: archs[row],
      labels: labels[row] ?? NO_LABELS,
      session: sessions[row] || undefined,
      intervalMs: intervals[row],
      clockSkewMs: skews[row],
    });
  }
  return peels;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** A list that may be missing; `undefined` if it is something else. */
function listIn<T>(value: unknown, isItem: (item: unknown) => item is T): readonly T[] | undefined {
  if (isMissing(value)) return [];
  return Array.isArray(value) && value.every(isItem) ? value : undefined;
}
