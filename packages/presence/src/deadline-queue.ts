/** Something with a deadline that it is queued for. */
export interface Queued {
  /** The deadline that it is queued for; Infinity if it is not. Only the queue writes it. */
  queuedMono: number;
}

/**
 * A million deadlines of which most are put off before they come: a wheel of slots. Queueing costs the same at any number, and
 * an item whose deadline is put off stays where it is until its slot comes round.
 */
export interface DeadlineQueue<Item extends Queued> {
  /** Sees to it that the item comes up at `dueMono`, or before; one that is due earlier already stays so. */
  put(item: Item, dueMono: number): void;
  /** Calls `visit` with each item whose time has come; it may be put again. */
  advance(nowMono: number, visit: (item: Item) => void): void;
  /** When the next item comes up, at the earliest; Infinity if there is none. */
  nextMono(): number;
}

/** Deadlines are kept this exactly: an item comes up at most so much late. */
const SLOT_MS = 20;
/** Slots, some 82 s of them; what is due later comes up to be put again. */
const SLOTS = 4_096;

export function createDeadlineQueue<Item extends Queued>(nowMono: number): DeadlineQueue<Item> {
  const slots: Item[][] = Array.from({ length: SLOTS }, () => []);
  /** Number of the slot that comes next, counted from the beginning of the clock. */
  let next = Math.ceil(nowMono / SLOT_MS);
  let size = 0;

  const slotAt = (number: number): Item[] => slots[number % SLOTS] as Item[];

  return {
    put(item, dueMono) {
      if (dueMono === Number.POSITIVE_INFINITY) return;
      const number = Math.min(Math.max(Math.ceil(dueMono / SLOT_MS), next), next + SLOTS - 1);
      if (item.queuedMono <= number * SLOT_MS) return;
      item.queuedMono = number * SLOT_MS;
      slotAt(number).push(item);
      size += 1;
    },
    advance(nowMono, visit) {
      const last = Math.floor(nowMono / SLOT_MS);
      // After a long pause every slot is visited once, not every one that would have been.
      if (last - next >= SLOTS) next = last - SLOTS + 1;
      for (; next <= last && size > 0; ) {
        const number = next;
        const items = slotAt(number);
        next += 1;
        if (items.length === 0) continue;
        slots[number % SLOTS] = [];
        size -= items.length;
        for (const item of items) {
          // It has come up before, and has been put again or not.
          if (item.queuedMono > number * SLOT_MS) continue;
          item.queuedMono = Number.POSITIVE_INFINITY;
          visit(item);
        }
      }
      next = Math.max(next, last + 1);
    },
    nextMono() {
      if (size === 0) return Number.POSITIVE_INFINITY;
      for (let number = next; number < next + SLOTS; number += 1) {
        if (slotAt(number).length > 0) return number * SLOT_MS;
      }
      return Number.POSITIVE_INFINITY;
    },
  };
}
