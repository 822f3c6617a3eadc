import assert from "node:assert/strict";
import { eventually } from "@fleet/runtime/testing";
import type { LogLine } from "./daemon-process.ts";
import { PATIENCE } from "./fleet-command.ts";
import type { MasterProcess } from "./master-process.ts";

/** A time in which a master held the lease, as its own log tells; times in ms since the epoch. */
export interface Holding {
  readonly master: MasterProcess;
  readonly term: number;
  readonly from: number;
  /** Infinity while it lasts. */
  readonly until: number;
  /** The line that ended it; `undefined` while it lasts, and of a master that was killed. */
  readonly ended: LogLine | undefined;
}

const ENDINGS: readonly string[] = ["leader lease ending", "leader lease lost"];

/** Everything that these masters have held, in the order in which it began. */
export function holdingsOf(masters: readonly MasterProcess[]): Holding[] {
  return masters
    .flatMap((master) => {
      const { lines, silentSince = Number.POSITIVE_INFINITY } = master;
      return lines.flatMap((line, index): Holding[] => {
        if (line.msg !== "leader lease acquired") return [];
        const ended = lines.slice(index).find(({ msg }) => ENDINGS.includes(msg));
        // A process that is stopped does nothing, and says only later that it has lost the lease, if it has.
        const isSilenced = silentSince >= line.time && (ended !== undefined || !master.isAlive);
        const silent = isSilenced ? silentSince : Number.POSITIVE_INFINITY;
        const until = Math.min(ended?.time ?? Number.POSITIVE_INFINITY, silent);
        return [{ master, term: Number(line["term"]), from: line.time, until, ended }];
      });
    })
    .sort((left, right) => left.from - right.from || left.term - right.term);
}

/** Resolves to the holding that lasts, once there is one that began after the one given. */
export function untilHeld(masters: readonly MasterProcess[], after?: Holding): Promise<Holding> {
  return eventually(() => {
    const holding = holdingsOf(masters).at(-1);
    assert.ok(holding && holding.from > (after?.from ?? 0) && holding.until === Number.POSITIVE_INFINITY);
    return holding;
  }, PATIENCE);
}

/** Checks that each began when the one before had ended, and under a greater term. */
export function assertOneAtATime(holdings: readonly Holding[]): void {
  holdings.forEach((after, index) => {
    const before = holdings[index - 1];
    if (!before) return;
    const both = `${before.master.id} (term ${before.term}) and ${after.master.id} (term ${after.term})`;
    assert.ok(before.until <= after.from, `${both} held it at once, for ${before.until - after.from} ms`);
    assert.ok(before.term < after.term, `the term did not grow: ${both}`);
  });
}

/** Resolves when the check of a master that runs tells of this holding. */
export async function untilKnown(master: MasterProcess, holding: Holding): Promise<void> {
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  const wanted =
    holding.master === master
      ? new RegExp(`^ok: leader since ${time}$`)
      : new RegExp(`^ok: standby; held by ${holding.master.id} since ${time}$`);
  const url = await master.url();
  await eventually(async () => {
    const { status, message } = (await (await fetch(`${url}/readyz/publisher-lease`)).json()) as {
      status: string;
      message?: string;
    };
    assert.match(`${status}: ${message}`, wanted);
  }, PATIENCE);
}
