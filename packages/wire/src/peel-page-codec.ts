import type { Decoded } from "./decoded.ts";
import { decodeMap, encodeMap, isCount, isMissing, refused, type WireMap } from "./map-codec.ts";
import { readPeelColumns, type WrittenPeels } from "./peel-columns.ts";
import type { PeelRow } from "./peel-row.ts";

/** Longest page that is taken: a message of NATS has at most 1 MB. */
export const PEEL_PAGE_MAX_BYTES = 1_000_000;

/** What every answer of the presence service tells besides what was asked. */
export interface AnswerHead {
  /** When it was true, wall time of the master in ms since the epoch. */
  readonly asOf: number;
  /** Why the master could say nothing for sure then; `undefined` when it could. */
  readonly blindness: string | undefined;
  /** Which of the masters has answered. */
  readonly instance: string;
}

/** A part of a list. */
export interface PeelPage extends AnswerHead {
  /** Name of the whole answer, to ask for its other pages by. */
  readonly answer: string;
  /** Which page this is, from 0, and how many there are. */
  readonly page: number;
  readonly pages: number;
  /** Peels on all pages together. */
  readonly total: number;
  readonly peels: readonly PeelRow[];
}

/** Writes a page: `{as_of, blindness?, instance, answer, page, pages, total}` and the columns of its peels. */
export function encodePeelPage({
  peels,
  ...page
}: Omit<PeelPage, "peels"> & { readonly peels: WrittenPeels }): Uint8Array {
  return encodeMap({
    as_of: new Date(page.asOf),
    blindness: page.blindness,
    instance: page.instance,
    answer: page.answer,
    page: page.page,
    pages: page.pages,
    total: page.total,
    ...peels.columns,
  });
}

export function decodePeelPage(bytes: Uint8Array): Decoded<PeelPage> {
  const decoded = decodeMap(bytes, PEEL_PAGE_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const map = decoded.value;
  const head = answerHeadIn(map);
  const { answer, page, pages, total } = map;
  if (!head || typeof answer !== "string" || !isCount(page) || !isCount(pages) || !isCount(total)) {
    return refused("schema");
  }
  const peels = readPeelColumns(map);
  return peels ? { ok: true, value: { ...head, answer, page, pages, total, peels } } : refused("schema");
}

/** The head of an answer; `undefined` if it has none. */
export function answerHeadIn(map: WireMap): AnswerHead | undefined {
  const { as_of: asOf, blindness, instance } = map;
  if (!(asOf instanceof Date) || !(isMissing(blindness) || typeof blindness === "string")) return undefined;
  if (!(isMissing(instance) || typeof instance === "string")) return undefined;
  return { asOf: asOf.getTime(), blindness: blindness ?? undefined, instance: instance ?? "" };
}
