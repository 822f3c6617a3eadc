import type { Bucket } from "@fleet/bus";
import { isFleetError } from "@fleet/runtime";
import { decodeRosterRecord, type RosterRecord } from "@fleet/wire";

/** What the roster keeps of one peel. */
export interface PeelHistory {
  /** The transitions kept, oldest first. */
  readonly records: readonly RosterRecord[];
  /** The broker's wall time of the reading, ms since the epoch. */
  readonly brokerNow: number;
  /** Records that could not be read, and were skipped. */
  readonly malformed: number;
}

/** Reads the transitions of a peel that the roster keeps; `undefined` if there is no roster. */
export async function readPeelHistory(
  roster: Bucket,
  id: string,
  options: { timeoutMs: number },
): Promise<PeelHistory | undefined> {
  let records: RosterRecord[] = [];
  let malformed = 0;
  try {
    const { brokerNow } = await roster.replay(
      ({ operation, value }) => {
        // Forgotten: what comes after it is another peel of the same name.
        if (operation !== "put") records = [];
        else {
          const decoded = decodeRosterRecord(value);
          if (decoded.ok) records.push(decoded.value);
          else malformed += 1;
        }
      },
      { key: id, after: 0, timeoutMs: options.timeoutMs },
    );
    return { records, brokerNow, malformed };
  } catch (error) {
    if (isFleetError(error, "BUCKET_MISSING")) return undefined;
    throw error;
  }
}
