import { formatDuration } from "@fleet/runtime";
import type { PeelCondition, Swarm } from "@fleet/swarm";
import { alignColumns } from "./columns.ts";

/** The end of a run, or how it goes. */
export interface SwarmReport {
  readonly swarm: Pick<Swarm, "accounts" | "census" | "ttlMs" | "disconnects">;
  readonly peels: number;
  readonly connections: number;
  readonly intervalMs: number;
  readonly seed: number;
  readonly durationMs: number;
}

const CONDITIONS: readonly PeelCondition[] = ["alive", "leaving", "left", "crashed"];
const GAP = "  ";

/** The report for programs. Members are only ever added within a `schema_version`. */
export function swarmDocument({
  swarm,
  peels,
  connections,
  intervalMs,
  seed,
  durationMs,
}: SwarmReport): Readonly<Record<string, unknown>> {
  const { accounts, census, ttlMs, disconnects } = swarm;
  const { beats } = accounts;
  const seconds = durationMs / 1_000;
  return {
    schema_version: 1,
    configuration: {
      peels,
      connections,
      interval_seconds: intervalMs / 1_000,
      // `Infinity` is no number in JSON.
      ttl_seconds: Number.isFinite(ttlMs) ? ttlMs / 1_000 : null,
      seed,
    },
    duration_seconds: Math.round(seconds * 1_000) / 1_000,
    beats: {
      due: beats.due,
      retried: beats.retried,
      sent: beats.sent,
      acknowledged: beats.acknowledged,
      failed: beats.failed,
      lost: beats.lost,
      unsent: beats.unsent,
      late: beats.late,
      missed_ttl: beats.missedTtl,
      waiting: beats.waiting,
      in_flight: beats.inFlight,
      acknowledged_per_second: seconds > 0 ? Math.round(beats.acknowledged / seconds) : 0,
    },
    acknowledgement_ms: {
      p50: round(accounts.ackMs.p50),
      p99: round(accounts.ackMs.p99),
      max: round(accounts.ackMs.max),
    },
    failures: accounts.failures,
    facts: accounts.facts,
    peels: {
      joined: accounts.peels.joined,
      returned: accounts.peels.returned,
      left: accounts.peels.left,
      left_without_marker: accounts.peels.leftWithoutMarker,
      crashed: accounts.peels.crashed,
    },
    now: {
      ...Object.fromEntries(CONDITIONS.map((condition) => [condition, census.count(condition)])),
      silent_for_a_ttl: census.silent(ttlMs),
    },
    disconnects,
  };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** The report for people. */
export function renderSwarmReport(report: SwarmReport): string {
  const { swarm, durationMs } = report;
  const { accounts, census, ttlMs, disconnects } = swarm;
  const { beats, ackMs } = accounts;
  const perSecond = durationMs > 0 ? Math.round((beats.acknowledged / durationMs) * 1_000) : 0;
  const failures = Object.entries(accounts.failures).map(([code, count]) => `${code} ${count}`);
  const ofTtl = (number: number) => (Number.isFinite(ttlMs) ? count(number) : "none: the bucket has no TTL");
  const rows: readonly (readonly [string, string])[] = [
    ["peels alive", count(census.count("alive"))],
    ["  of them silent for a TTL", ofTtl(census.silent(ttlMs))],
    ["  left, crashed", `${count(accounts.peels.left)}, ${count(accounts.peels.crashed)}`],
    ["  left without a marker", count(accounts.peels.leftWithoutMarker)],
    ["beats due", `${count(beats.due)}, and ${count(beats.retried)} once more after a failure`],
    ["  sent", count(beats.sent)],
    ["  acknowledged", `${count(beats.acknowledged)}, ${count(perSecond)} a second`],
    ["  failed", [count(beats.failed), ...failures].join(", ")],
    ["  lost on purpose", count(beats.lost)],
    ["  not sent", count(beats.unsent)],
    ["  late", count(beats.late)],
    ["  that missed their TTL", ofTtl(beats.missedTtl)],
    [
      "acknowledged within",
      `${round(ackMs.p50)} ms (p50), ${round(ackMs.p99)} ms (p99), ${round(ackMs.max)} ms (most)`,
    ],
    ["connections lost", count(disconnects)],
    ["time", formatDuration(durationMs)],
  ];
  return alignColumns(["SWARM", ""], rows);
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}

/**
 * How it goes, in one line of at most `columns`; `before` are the counts at the last one. What says that something is wrong comes
 * first, and what finds no room is left out: 80 columns have it whole also of a million peels.
 */
export function swarmLine(
  report: SwarmReport,
  before: { acknowledged: number; durationMs: number },
  columns: number,
): string {
  const { swarm, durationMs } = report;
  const { beats } = swarm.accounts;
  const perSecond = ((beats.acknowledged - before.acknowledged) / (durationMs - before.durationMs || 1)) * 1_000;
  const parts = [
    formatDuration(durationMs),
    `${count(beats.missedTtl)} missed TTL`,
    `${count(beats.failed)} failed`,
    `${count(beats.late)} late`,
    `${count(swarm.census.count("alive"))} alive`,
    `${count(Math.round(perSecond))} beats/s`,
    `${count(beats.unsent)} not sent`,
    `${count(beats.waiting + beats.inFlight)} under way`,
  ];
  while (parts.length > 1 && parts.join(GAP).length > columns) parts.pop();
  return parts.join(GAP).slice(0, columns);
}
