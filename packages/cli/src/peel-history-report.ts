import { type Availability, availabilityOf, type PeelHistory, type PeelSpell, spellsOf } from "@fleet/presence";
import { formatDuration } from "@fleet/runtime";
import { alignColumns } from "./columns.ts";

/** The history of a peel, with how much of a time it was here. */
export interface HistoryReport {
  readonly id: string;
  readonly spells: readonly PeelSpell[];
  readonly availability: Availability;
  readonly windowMs: number;
}

const HEADING = ["SINCE", "STATE", "REASON", "FOR", "VERSION", "SESSION"];

export function reportHistory(id: string, { records, brokerNow }: PeelHistory, windowMs: number): HistoryReport {
  const spells = spellsOf(records, brokerNow);
  return { id, spells, availability: availabilityOf(spells, brokerNow, windowMs), windowMs };
}

/** For people: the spells, the last one first, and below them the availability. */
export function renderHistory(report: HistoryReport): string {
  const table = alignColumns(
    HEADING,
    [...report.spells]
      .reverse()
      .map(({ record, fromAt, untilAt }) => [
        isoTime(fromAt),
        record.state,
        record.mass ? `${record.reason} (many at once)` : record.reason,
        formatDuration(untilAt - fromAt),
        record.version || "-",
        record.rival ? `${record.session ?? "-"} and ${record.rival}` : (record.session ?? "-"),
      ]),
  );
  return `${table}\n\n${describeAvailability(report)}`;
}

/** `Online for 98.2% of the last 24h0m0s.`, or what of that is known. */
function describeAvailability({ availability, windowMs }: HistoryReport): string {
  const { ratio, complete, fromAt, untilAt } = availability;
  if (ratio === undefined) return "Nothing is known of that time.";
  const part = `Online for ${describePart(ratio)}`;
  if (complete) return `${part} of the last ${formatDuration(windowMs)}.`;
  return `${part} of the last ${formatDuration(untilAt - fromAt)}; known since ${isoTime(fromAt)}.`;
}

/** Never rounded to a whole that it is not. */
function describePart(ratio: number): string {
  const percent = ratio === 1 || ratio === 0 ? ratio * 100 : Math.min(99.99, Math.max(0.01, ratio * 100));
  return `${Number(percent.toFixed(2))}%`;
}

/** For programs, the oldest transition first. Members are only ever added within a `schema_version`. */
export function historyDocument({ id, spells, availability, windowMs }: HistoryReport): object {
  return {
    schema_version: 1,
    id,
    transitions: spells.map(({ record, fromAt, untilAt }) => ({
      state: record.state,
      reason: record.reason,
      since: isoTime(fromAt),
      duration_seconds: (untilAt - fromAt) / 1_000,
      version: record.version || null,
      session: record.session ?? null,
      rival: record.rival ?? null,
      mass: record.mass ?? false,
      term: record.term,
    })),
    availability: {
      window_seconds: windowMs / 1_000,
      known_since: isoTime(availability.fromAt),
      complete: availability.complete,
      online_seconds: availability.onlineMs / 1_000,
      ratio: availability.ratio ?? null,
    },
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
