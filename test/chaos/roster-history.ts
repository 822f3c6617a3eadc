import assert from "node:assert/strict";
import { type Connection, createBucket } from "@fleet/bus";
import { isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { decodeRosterRecord, isPeelId, ROSTER_BUCKET, type RosterRecord } from "@fleet/wire";
import { PATIENCE } from "../end-to-end/fleet-command.ts";

/** One transition as it lies in the roster. */
export interface StoredTransition extends RosterRecord {
  readonly revision: number;
  /** When the broker stored it, ms since the epoch. */
  readonly storedAt: number;
}

/** Every transition that the roster keeps of each peel, oldest first. */
export async function readHistory(connection: Connection): Promise<ReadonlyMap<string, readonly StoredTransition[]>> {
  const history = new Map<string, StoredTransition[]>();
  try {
    await createBucket(connection, ROSTER_BUCKET).replay(
      ({ key, value, operation, revision, storedAt }) => {
        if (operation !== "put" || !isPeelId(key)) return;
        const decoded = decodeRosterRecord(value);
        assert.ok(decoded.ok, `${key}: not a record`);
        const transition = { ...decoded.value, revision, storedAt };
        const known = history.get(key);
        if (known) known.push(transition);
        else history.set(key, [transition]);
      },
      { timeoutMs: 30_000, after: 0 },
    );
  } catch (error) {
    if (!isFleetError(error, "BUCKET_MISSING")) throw error;
  }
  return history;
}

/** What has happened to a peel, in a word each. */
export async function reasonsOf(connection: Connection, id: string): Promise<string[]> {
  return ((await readHistory(connection)).get(id) ?? []).map(({ reason }) => reason);
}

/** Resolves to a peel's transitions when they are these and no others. */
export function untilHistory(
  connection: Connection,
  id: string,
  reasons: readonly RosterRecord["reason"][],
): Promise<readonly StoredTransition[]> {
  return eventually(async () => {
    const transitions = (await readHistory(connection)).get(id) ?? [];
    assert.deepEqual(
      transitions.map(({ reason }) => reason),
      reasons,
      id,
    );
    return transitions;
  }, PATIENCE);
}
