import type { CheckReport, CheckStatus } from "./check.ts";
import type { ReadinessReport } from "./readiness.ts";

export const HEALTH_JSON: string = "application/health+json";

type HealthJsonStatus = "pass" | "warn" | "fail";

/** A readiness report as the expired draft "Health Check Response Format for HTTP APIs" has it. */
export interface HealthJson {
  readonly status: HealthJsonStatus;
  readonly version: string;
  /** By check and measurement: `nats:responseTime`. */
  readonly checks: Readonly<Record<string, readonly HealthJsonCheck[]>>;
}

export interface HealthJsonCheck {
  readonly status: HealthJsonStatus;
  readonly observedValue: number;
  readonly observedUnit: "ms";
  /** Why it does not pass. */
  readonly output?: string;
}

const STATUS: Readonly<Record<CheckStatus, HealthJsonStatus>> = { ok: "pass", degraded: "warn", down: "fail" };

/** Whether an `Accept` header asks for this format by its name. */
export function acceptsHealthJson(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((range) => range.split(";")[0]?.trim().toLowerCase() === HEALTH_JSON);
}

export function healthJson({ status, version, checks }: ReadinessReport): HealthJson {
  const entries = Object.entries(checks).map(([name, check]) => [`${name}:responseTime`, [measured(check)]] as const);
  return { status: STATUS[status], version, checks: Object.fromEntries(entries) };
}

function measured({ status, message, latency_ms = 0 }: CheckReport): HealthJsonCheck {
  const output = status === "ok" ? undefined : message;
  return { status: STATUS[status], observedValue: latency_ms, observedUnit: "ms", ...(output && { output }) };
}
