import type { Decoded } from "./decoded.ts";
import { decodeMap, encodeMap, isCount, isMissing, isTime, refused, type WireMap } from "./map-codec.ts";
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
  /** Which page this is, from 0. */
  readonly page: number;
  /** How many pages there are, and peels on all of them together; `undefined` while the answer is still being made. */
  readonly pages: number | undefined;
  readonly total: number | undefined;
  readonly peels: readonly PeelRow[];
}

/** Writes a page: `{as_of, blindness?, instance, answer, page, pages?, total?}` and the columns of its peels. */
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
  if (!head || typeof answer !== "string" || !isCount(page)) return refused("schema");
  if (!(isMissing(pages) || isCount(pages)) || !(isMissing(total) || isCount(total))) return refused("schema");
  const peels = readPeelColumns(map);
  if (!peels) return refused("schema");
  return { ok: true, value: { ...head, answer, page, pages: pages ?? undefined, total: total ?? undefined, peels } };
}

/** The head of an answer; `undefined` if it has none. */
export function answerHeadIn(map: WireMap): AnswerHead | undefined {
  const { as_of: asOf, blindness, instance } = map;
  if (!isTime(asOf) || !(isMissing(blindness) || typeof blindness === "string")) return undefined;
  if (!(isMissing(instance) || typeof instance === "string")) return undefined;
  return { asOf: asOf.getTime(), blindness: blindness ?? undefined, instance: instance ?? "" };
}
