import { formatDuration } from "@fleet/runtime";
import { alignColumns } from "./columns.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { PingSeries } from "./ping-series.ts";

const HEADING = ["PEEL ID", "RESULT", "ANSWERS", "MIN", "MEAN", "MAX", "STATUS", "VERSION", "UPTIME", "SESSION"];

/** What pinging showed, for people. */
export function renderPingTable(series: readonly PingSeries[]): string {
  return alignColumns(
    HEADING,
    series.map(({ id, result, sent, answered, roundTrips, reply }) => [
      id,
      result,
      `${answered}/${sent}`,
      milliseconds(roundTrips?.minMs),
      milliseconds(roundTrips?.meanMs),
      milliseconds(roundTrips?.maxMs),
      reply?.status ?? "-",
      reply?.version || "-",
      reply ? formatDuration(reply.uptimeMs) : "-",
      reply?.session ?? "-",
    ]),
  );
}

/** What pinging showed, for programs. Members are only ever added within a `schema_version`. */
export interface PingDocument {
  readonly schema_version: 1;
  readonly peels: readonly {
    readonly id: string;
    readonly result: PingSeries["result"];
    /** Why the result is `unknown`; `null` otherwise. */
    readonly reason: string | null;
    readonly sent: number;
    readonly answered: number;
    /** `null` if there was no answer; so are all members after it. */
    readonly round_trip_seconds: { readonly min: number; readonly mean: number; readonly max: number } | null;
    readonly session: string | null;
    readonly version: string | null;
    readonly uptime_seconds: number | null;
    /** The peel's own readiness: `ok`, `degraded`, `down` or `unknown`. */
    readonly status: string | null;
  }[];
}

export function pingDocument(series: readonly PingSeries[]): PingDocument {
  return {
    schema_version: 1,
    peels: series.map(({ id, result, reason, sent, answered, roundTrips, reply }) => ({
      id,
      result,
      reason: result === "unknown" ? (reason ?? null) : null,
      sent,
      answered,
      round_trip_seconds: roundTrips
        ? { min: seconds(roundTrips.minMs), mean: seconds(roundTrips.meanMs), max: seconds(roundTrips.maxMs) }
        : null,
      session: reply?.session ?? null,
      version: reply?.version ?? null,
      uptime_seconds: reply ? reply.uptimeMs / 1_000 : null,
      status: reply?.status ?? null,
    })),
  };
}

/** 0 if every peel has answered, 1 if for any of them the asking failed, else 3. */
export function pingExitCode(series: readonly PingSeries[]): ExitCode {
  if (series.some(({ result }) => result === "unknown")) return EXIT.failed;
  return series.every(({ result }) => result === "answered") ? EXIT.ok : EXIT.offline;
}

/** To the microsecond, which is as exact as the clock is. */
function seconds(durationMs: number): number {
  return Math.round(durationMs * 1_000) / 1e6;
}

function milliseconds(durationMs: number | undefined): string {
  return durationMs === undefined ? "-" : `${durationMs.toFixed(1)}ms`;
}
