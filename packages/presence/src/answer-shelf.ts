import { type Clock, createSessionId } from "@fleet/runtime";

/** What grows while it is made. */
export interface Sized {
  readonly bytes: number;
}

/** Keeps answers of several pages until their readers have fetched them. */
export interface AnswerShelf<Answer extends Sized> {
  /** Keeps an answer and gives it a name; the oldest ones make room for it. */
  keep(answer: Answer): string;
  /** The newest answer has grown: older ones make room for it. */
  fit(): void;
  /** The answer of this name; `undefined` when it is not kept any more. */
  find(name: string): Answer | undefined;
  /** Lets all of them go. */
  clear(): void;
}

export interface AnswerShelfParts {
  readonly clock: Clock;
  /** An answer that was not asked for during this time is given up. */
  readonly keepMs: number;
  /** Most that all answers together may measure, but the newest is always kept. */
  readonly maxBytes: number;
}

interface Kept<Answer> {
  readonly answer: Answer;
  usedMono: number;
}

/** Creates an empty shelf. What is too old goes when the next one comes or, without one, after the time it is kept for. */
export function createAnswerShelf<Answer extends Sized>({
  clock,
  keepMs,
  maxBytes,
}: AnswerShelfParts): AnswerShelf<Answer> {
  const kept = new Map<string, Kept<Answer>>();
  let cancel: (() => void) | undefined;

  const fit = () => {
    let bytes = 0;
    for (const { answer } of kept.values()) bytes += answer.bytes;
    for (const [name, { answer }] of kept) {
      if (bytes <= maxBytes || kept.size === 1) return;
      bytes -= answer.bytes;
      kept.delete(name);
    }
  };
  const tidy = () => {
    for (const [name, { usedMono }] of kept) if (clock.monoMs() - usedMono >= keepMs) kept.delete(name);
    cancel?.();
    cancel = kept.size > 0 ? clock.setTimer(keepMs, tidy) : undefined;
  };

  return {
    keep(answer) {
      const name = createSessionId();
      kept.set(name, { answer, usedMono: clock.monoMs() });
      fit();
      tidy();
      return name;
    },
    fit,
    find(name) {
      const found = kept.get(name);
      if (!found) return undefined;
      if (clock.monoMs() - found.usedMono >= keepMs) {
        kept.delete(name);
        return undefined;
      }
      found.usedMono = clock.monoMs();
      return found.answer;
    },
    clear() {
      kept.clear();
      cancel?.();
    },
  };
}
