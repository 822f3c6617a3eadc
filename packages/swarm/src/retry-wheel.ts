/** Things to be done again at their time. */
export interface RetryWheel {
  add(atMono: number, item: number): void;
  /** Calls `visit` for each whose time has come, and forgets it. */
  take(untilMono: number, visit: (item: number) => void): void;
}

/** A wheel whose teeth are this wide: nothing is done before its time, and little after it. */
const TOOTH_MS = 20;

export function createRetryWheel(): RetryWheel {
  const teeth = new Map<number, number[]>();
  let nextTooth = 0;
  return {
    add(atMono, item) {
      const tooth = Math.max(nextTooth, Math.ceil(atMono / TOOTH_MS));
      const items = teeth.get(tooth);
      if (items) items.push(item);
      else teeth.set(tooth, [item]);
    },
    take(untilMono, visit) {
      const last = Math.floor(untilMono / TOOTH_MS);
      // After a long pause it is quicker to look at the teeth there are.
      const due =
        last - nextTooth > teeth.size
          ? [...teeth.keys()].filter((tooth) => tooth <= last).sort((a, b) => a - b)
          : Array.from({ length: Math.max(0, last - nextTooth + 1) }, (_, index) => nextTooth + index);
      nextTooth = Math.max(nextTooth, last + 1);
      for (const tooth of due) {
        const items = teeth.get(tooth);
        teeth.delete(tooth);
        for (const item of items ?? []) visit(item);
      }
    },
  };
}
