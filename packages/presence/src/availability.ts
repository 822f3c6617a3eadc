import type { RosterRecord } from "@fleet/wire";

/** A time during which a peel did not change its state. */
export interface PeelSpell {
  readonly record: RosterRecord;
  /** Wall time in ms since the epoch. */
  readonly fromAt: number;
  /** When the next one began; for the last one, now. */
  readonly untilAt: number;
}

/** How much of a time a peel was here. */
export interface Availability {
  /** The part of the time asked for of which something is known, wall time in ms since the epoch. */
  readonly fromAt: number;
  readonly untilAt: number;
  /** Whether what is known goes back as far as was asked. */
  readonly complete: boolean;
  readonly onlineMs: number;
  /** From 0 to 1; `undefined` where nothing is known. */
  readonly ratio: number | undefined;
}

/**
 * The spells between transitions, oldest first. Transitions are told by the clocks of different masters: one that seems to have
 * come before its predecessor begins with it, so that no time is counted twice.
 */
export function spellsOf(records: readonly RosterRecord[], nowAt: number): readonly PeelSpell[] {
  const spells: PeelSpell[] = [];
  let fromAt = Number.NEGATIVE_INFINITY;
  for (const [at, record] of records.entries()) {
    fromAt = Math.max(fromAt, record.since);
    const next = records[at + 1];
    spells.push({ record, fromAt, untilAt: Math.max(fromAt, next ? next.since : nowAt) });
  }
  return spells;
}

/** How much of the last `windowMs` before `nowAt` a peel was here; one in a conflict is. */
export function availabilityOf(spells: readonly PeelSpell[], nowAt: number, windowMs: number): Availability {
  const windowAt = nowAt - windowMs;
  const knownAt = spells[0]?.fromAt ?? nowAt;
  const fromAt = Math.min(nowAt, Math.max(windowAt, knownAt));
  let onlineMs = 0;
  for (const spell of spells) {
    if (spell.record.state === "offline") continue;
    onlineMs += Math.max(0, Math.min(spell.untilAt, nowAt) - Math.max(spell.fromAt, fromAt));
  }
  const knownMs = nowAt - fromAt;
  return {
    fromAt,
    untilAt: nowAt,
    complete: knownAt <= windowAt,
    onlineMs,
    ratio: knownMs > 0 ? onlineMs / knownMs : undefined,
  };
}
