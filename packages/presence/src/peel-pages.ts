import { PeelColumns, type PeelRow, type WrittenPeels } from "@fleet/wire";

/**
 * About how many bytes of rows a page has at most; often it has half as many. Small enough that writing one takes a few milliseconds and
 * several can be under way, and far below the 1 MB that a message of NATS may have even if every character takes three bytes.
 */
export const PAGE_BYTES = 262_144;

/** A page, and about how many bytes it is. */
export type OnPage = (page: WrittenPeels, bytes: number) => void;

/** Writes a list page by page as its rows are found: of a row nothing is kept but its bytes. */
export class PeelPageCutter {
  readonly #onPage: OnPage;
  readonly #page: PeelColumns;

  /** `onPage` is called for every page, at least one. */
  constructor({ wide, onPage }: { wide: boolean; onPage: OnPage }) {
    this.#onPage = onPage;
    this.#page = new PeelColumns({ maxBytes: PAGE_BYTES, wide });
  }

  /** Gives whether a page was made by that. */
  add(row: PeelRow): boolean {
    const isCut = this.#page.isFull;
    if (isCut) this.#cut();
    this.#page.add(row);
    return isCut;
  }

  /** Ends the last page. */
  end(): void {
    this.#cut();
  }

  #cut(): void {
    const { bytes } = this.#page;
    this.#onPage(this.#page.take(), bytes);
  }
}
