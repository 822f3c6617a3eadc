import { type Clock, createSessionId } from "@fleet/runtime";

/** Keeps answers of several pages until their readers have fetched them. */
export interface AnswerShelf<Answer> {
  /** Keeps an answer of this size and gives it a name; the oldest ones make room for it. */
  keep(answer: Answer, size: number): string;
  /** The answer of this name; `undefined` when it is not kept any more. */
  find(name: string): Answer | undefined;
  /** Lets all of them go. */
  clear(): void;
}

export interface AnswerShelfParts {
  readonly clock: Clock;
  /** An answer that was not asked for during this time is given up. */
  readonly keepMs: number;
  /** Most that all answers together may measure, but one is always kept. */
  readonly maxSize: number;
}

interface Kept<Answer> {
  readonly answer: Answer;
  readonly size: number;
  usedMono: number;
}

/** Creates an empty shelf. What is too old goes when the next one comes or, without one, after the time it is kept for. */
export function createAnswerShelf<Answer>({ clock, keepMs, maxSize }: AnswerShelfParts): AnswerShelf<Answer> {
  const kept = new Map<string, Kept<Answer>>();
  let size = 0;
  let cancel: (() => void) | undefined;

  const drop = (name: string) => {
    size -= kept.get(name)?.size ?? 0;
    kept.delete(name);
  };
  const tidy = () => {
    for (const [name, { usedMono }] of kept) if (clock.monoMs() - usedMono >= keepMs) drop(name);
    cancel?.();
    cancel = kept.size > 0 ? clock.setTimer(keepMs, tidy) : undefined;
  };

  return {
    keep(answer, added) {
      for (const name of kept.keys()) {
        if (size + added <= maxSize) break;
        drop(name);
      }
      const name = createSessionId();
      kept.set(name, { answer, size: added, usedMono: clock.monoMs() });
      size += added;
      tidy();
      return name;
    },
    find(name) {
      const found = kept.get(name);
      if (!found) return undefined;
      if (clock.monoMs() - found.usedMono >= keepMs) {
        drop(name);
        return undefined;
      }
      found.usedMono = clock.monoMs();
      return found.answer;
    },
    clear() {
      kept.clear();
      size = 0;
      cancel?.();
    },
  };
}
