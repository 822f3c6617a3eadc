import type { RosterRecord } from "@fleet/wire";
import type { RosterRecords } from "./roster-records.ts";

/** Clocks that differ by more than this have jumped, or were never set. */
export const MAX_APART_MS = 60_000;

/**
 * The records with the times at which they were judged, by the clock of a master where it is `nowAt`. What was written and
 * what was seen are told apart by their times, and a clock that is wrong must make neither of them look like the other:
 * where a record's time is far from that of its storing, the broker's word is taken for it.
 */
export function datedRecords(
  { byId, storedAt, brokerNow = Number.NaN }: Pick<RosterRecords, "byId" | "storedAt" | "brokerNow">,
  nowAt: number,
): ReadonlyMap<string, RosterRecord> {
  const ownLeadMs = isFar(nowAt, brokerNow) ? nowAt - brokerNow : 0;
  const dated = new Map(byId);
  for (const [id, record] of byId) {
    const stored = storedAt.get(id) ?? record.since;
    const judgedAt = isFar(record.since, stored) ? stored : record.since;
    const since = judgedAt + ownLeadMs;
    if (since !== record.since) dated.set(id, { ...record, since });
  }
  return dated;
}

/** Whether two times of one moment are of clocks of which one is wrong. */
export function isFar(oneAt: number, otherAt: number): boolean {
  return Math.abs(oneAt - otherAt) > MAX_APART_MS;
}
