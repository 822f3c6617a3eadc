import { parseAccept, weightOf } from "./accept.ts";
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

/** Whether an `Accept` header asks for this format by its name, and no less than for plain JSON. */
export function acceptsHealthJson(accept: string | undefined): boolean {
  const ranges = parseAccept(accept);
  const named = ranges.filter(({ type }) => type === HEALTH_JSON);
  const weight = weightOf(named, HEALTH_JSON);
  return weight > 0 && weight >= weightOf(ranges, "application/json");
}

export function healthJson({ status, version, checks }: ReadinessReport): HealthJson {
  const entries = Object.entries(checks).map(([name, check]) => [`${name}:responseTime`, [measured(check)]] as const);
  return { status: STATUS[status], version, checks: Object.fromEntries(entries) };
}

function measured({ status, message, latency_ms = 0 }: CheckReport): HealthJsonCheck {
  const output = status === "ok" ? undefined : message;
  return { status: STATUS[status], observedValue: latency_ms, observedUnit: "ms", ...(output && { output }) };
}
