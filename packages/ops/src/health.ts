import type { CheckReport, CheckStatus } from "./check.ts";
import type { ReadinessReport } from "./readiness.ts";

/** Health in the words that Spring, Micronaut and the clients of both know. */
export type HealthStatus = "UP" | "DOWN" | "OUT_OF_SERVICE" | "UNKNOWN";

/** The body of `/health`. */
export interface HealthReport {
  /** Which program this is, at each level: `peel` or `master`. */
  readonly name: string;
  readonly status: HealthStatus;
  /** By name of the check. */
  readonly details?: Readonly<Record<string, CheckHealth>>;
}

export interface CheckHealth {
  readonly name: string;
  readonly status: HealthStatus;
  /** What `/readyz` says of the check. */
  readonly details: CheckReport;
}

/** Where a process is in its life. */
export type Phase = "starting" | "started" | "draining";

/** Degraded is up: it works. */
const STATUS_OF_CHECK: Readonly<Record<CheckStatus, HealthStatus>> = { ok: "UP", degraded: "UP", down: "DOWN" };

/**
 * The health that a readiness report amounts to. A process that has not started yet or is going away is out of service
 * rather than down: nobody need be called for it. It is unknown where there is nothing to check.
 */
export function healthStatus({ status, checks }: ReadinessReport, phase: Phase): HealthStatus {
  if (phase === "draining") return "OUT_OF_SERVICE";
  if (Object.keys(checks).length === 0) return "UNKNOWN";
  if (status === "down" && phase === "starting") return "OUT_OF_SERVICE";
  return STATUS_OF_CHECK[status];
}

/** The status of an answer that tells this health. */
export function healthHttpStatus(status: HealthStatus): 200 | 503 {
  return status === "UP" || status === "UNKNOWN" ? 200 : 503;
}

/** The health of each check of a program, for the answer's details. */
export function checkHealths(name: string, checks: ReadinessReport["checks"]): Readonly<Record<string, CheckHealth>> {
  return Object.fromEntries(
    Object.entries(checks).map(([check, report]) => [
      check,
      { name, status: STATUS_OF_CHECK[report.status], details: report },
    ]),
  );
}
