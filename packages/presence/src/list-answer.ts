import { invariant } from "@fleet/runtime";
import { type AnswerHead, PeelColumns, type WrittenPeels } from "@fleet/wire";
import { presenceErrors } from "./errors.ts";

/** A page of a list, to be sent. */
export interface ListPage extends AnswerHead {
  readonly page: number;
  /** Pages of the list, and peels on all of them together; `undefined` while it is still being made. */
  readonly pages: number | undefined;
  readonly total: number | undefined;
  readonly peels: WrittenPeels;
}

/** Pages that are asked for ahead of a list that is still being made. */
const MAX_AHEAD = 64;
const NO_PEELS: WrittenPeels = new PeelColumns({ maxBytes: 0, wide: false }).take();

/** A list in pages, each of which can be read as soon as it is made, while those after it are not. */
export class ListAnswer {
  readonly #pages: WrittenPeels[] = [];
  #head: AnswerHead | undefined;
  #rows = 0;
  #bytes = 0;
  #ending: "none" | "ended" | { readonly error: unknown } = "none";
  /** Those who wait for what comes next. */
  #waiting: (() => void)[] = [];

  /** About how many bytes its pages are so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the first page is all there is of it. */
  get isShort(): boolean {
    return this.#ending === "ended" && this.#pages.length <= 1;
  }

  /** It begins to be made; comes before any page. */
  begin(head: AnswerHead): void {
    this.#head = head;
  }

  add(page: WrittenPeels, bytes: number): void {
    this.#pages.push(page);
    this.#rows += page.rows;
    this.#bytes += bytes;
    this.#wake();
  }

  /** It is whole. */
  end(): void {
    this.#ending = "ended";
    this.#wake();
  }

  /** It cannot be made; whoever reads it is told so. */
  fail(error: unknown): void {
    this.#ending = { error };
    this.#wake();
  }

  /** Resolves when the page is made; one after the last has no peels, for whoever asks before it is known which that is. */
  async page(page: number): Promise<ListPage> {
    if (page >= this.#pages.length + MAX_AHEAD) throw this.#noPage(page);
    while (!this.#pages[page] && this.#ending === "none") {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (typeof this.#ending === "object") throw this.#ending.error;
    const head = this.#head;
    invariant(head, "a list has begun before it has pages");
    const isWhole = this.#ending === "ended";
    return {
      ...head,
      page,
      pages: isWhole ? this.#pages.length : undefined,
      total: isWhole ? this.#rows : undefined,
      peels: this.#pages[page] ?? NO_PEELS,
    };
  }

  #noPage(page: number): Error {
    const soFar = this.#ending === "none" ? "the list is being made, and so far has" : "the list has";
    return presenceErrors.create("BAD_QUERY", `there is no page ${page}: ${soFar} ${this.#pages.length}`);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
