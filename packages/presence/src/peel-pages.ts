import { PeelColumns, type PeelRow, type WrittenPeels } from "@fleet/wire";

/**
 * About how many bytes of rows go on one page: small enough that writing one takes a few milliseconds and several can be under
 * way, and far below the 1 MB that a message of NATS may have even if every character takes three bytes.
 */
export const PAGE_BYTES = 131_072;

/** The pages of a list. */
export interface PeelPages {
  /** At least one. */
  readonly pages: readonly WrittenPeels[];
  readonly rows: number;
  /** About how many bytes they are. */
  readonly bytes: number;
}

/** Writes a list page by page as its rows are found: of a row nothing is kept but its bytes. */
export class PeelPageCutter {
  readonly #pages: WrittenPeels[] = [];
  readonly #page: PeelColumns;
  #rows = 0;
  #bytes = 0;

  constructor({ wide }: { wide: boolean }) {
    this.#page = new PeelColumns({ maxBytes: PAGE_BYTES, wide });
  }

  add(row: PeelRow): void {
    if (this.#page.isFull) this.#cut();
    this.#page.add(row);
  }

  /** Ends the last page. */
  end(): PeelPages {
    this.#cut();
    return { pages: this.#pages, rows: this.#rows, bytes: this.#bytes };
  }

  #cut(): void {
    this.#bytes += this.#page.bytes;
    const page = this.#page.take();
    this.#rows += page.rows;
    this.#pages.push(page);
  }
}
