import { type Answer, jsonAnswer } from "./answer.ts";
import type { CheckReport, CheckStatus } from "./check.ts";
import type { Endpoint, EndpointRequest } from "./endpoint.ts";
import { checkHealths, type HealthReport, healthHttpStatus, healthStatus } from "./health.ts";
import { acceptsHealthJson, HEALTH_JSON, healthJson } from "./health-json.ts";
import type { Liveness } from "./liveness.ts";
import type { Readiness, ReadinessReport } from "./readiness.ts";

export interface HealthEndpointsOptions {
  readonly readiness: Readiness;
  /** `undefined`: the process lives as long as it answers. */
  readonly liveness: Liveness | undefined;
  /** Whether `/health` tells of each check. */
  readonly details: boolean;
  /** Whether who asks may read the messages of the checks. */
  showsMessages(request: EndpointRequest): boolean;
}

/** What probes ask: `/healthz`, `/startupz`, `/readyz`, `/health`. */
export function createHealthEndpoints(options: HealthEndpointsOptions): readonly Endpoint[] {
  const { readiness, liveness, details, showsMessages } = options;
  const { component, version } = readiness;
  const shown = (request: EndpointRequest, report: CheckReport): CheckReport =>
    showsMessages(request) ? report : withoutMessage(report);
  const shownAll = (request: EndpointRequest, report: ReadinessReport): ReadinessReport =>
    showsMessages(request) ? report : { ...report, checks: mapValues(report.checks, (check) => shown(request, check)) };

  return [
    {
      route: "/healthz",
      get() {
        const message = liveness?.problem();
        if (message === undefined) return jsonAnswer({ status: "ok", component, version });
        return jsonAnswer({ status: "down", component, version, message }, 503);
      },
    },
    {
      route: "/startupz",
      async get(request) {
        const report = readiness.hasStarted ? undefined : await readiness.report();
        if (report === undefined || readiness.hasStarted) return jsonAnswer({ status: "ok", component, version });
        return jsonAnswer(shownAll(request, report), 503);
      },
    },
    {
      route: "/readyz",
      async get(request) {
        const excluded = excludedChecks(request);
        const report = shownAll(request, await readiness.report(excluded));
        const status = httpStatus(report.status);
        if (request.query["verbose"] !== undefined) {
          return textAnswer(verboseText(report, readiness.checkNames, excluded), status);
        }
        if (acceptsHealthJson(request.headers.accept)) {
          return jsonAnswer(healthJson(report), status, { "Content-Type": HEALTH_JSON, Vary: "Accept" });
        }
        return jsonAnswer(report, status, { Vary: "Accept" });
      },
    },
    {
      route: "/readyz/:check(.+)",
      path: "/readyz/<check>",
      async get(request) {
        const name = request.params["check"] ?? "";
        const report = await readiness.reportCheck(name);
        if (report) return jsonAnswer(shown(request, report), httpStatus(report.status));
        return jsonAnswer({ error: `there is no check "${name}"`, checks: readiness.checkNames }, 404);
      },
    },
    {
      route: "/health",
      async get(request) {
        const report = shownAll(request, await readiness.report());
        const status = healthStatus(report, readiness.phase);
        const body: HealthReport = {
          name: component,
          status,
          ...(details && { details: checkHealths(component, report.checks) }),
        };
        return jsonAnswer(body, healthHttpStatus(status));
      },
    },
  ];
}

/** Of `?exclude=gitfs,reactor` or the same parameter twice. A check that there is not here is left out as well. */
function excludedChecks({ query }: EndpointRequest): ReadonlySet<string> {
  return new Set([query["exclude"] ?? []].flat().flatMap((list) => list.split(",")));
}

/** Degraded is no reason to take a process out of service. */
function httpStatus(status: CheckStatus): 200 | 503 {
  return status === "down" ? 503 : 200;
}

function textAnswer(body: string, status: number): Answer {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8" }, body };
}

/** A line a check, as Kubernetes' own components write them. */
function verboseText({ status, checks }: ReadinessReport, names: readonly string[], excluded: ReadonlySet<string>) {
  const lines = Object.entries(checks).map(
    ([name, check]) =>
      `[${check.status === "down" ? "-" : "+"}]${name} ${check.status}${check.message ? `: ${check.message}` : ""}`,
  );
  const left = names.filter((name) => excluded.has(name)).map((name) => `[+]${name} excluded: ok`);
  return [...lines, ...left, `readyz check ${status === "down" ? "failed" : "passed"}`, ""].join("\n");
}

function withoutMessage({ message: _, ...report }: CheckReport): CheckReport {
  return report;
}

function mapValues<Value>(of: Readonly<Record<string, Value>>, change: (value: Value) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(value)]));
}
