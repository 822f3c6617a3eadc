import type { Context } from "hono";
import type { CheckReport, CheckStatus } from "./check.ts";
import type { Endpoint } from "./endpoint.ts";
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
  showsMessages(context: Context): boolean;
}

/** What probes ask: `/healthz`, `/startupz`, `/readyz`, `/health`. */
export function createHealthEndpoints(options: HealthEndpointsOptions): readonly Endpoint[] {
  const { readiness, liveness, details, showsMessages } = options;
  const { component, version } = readiness;
  const shown = (context: Context, report: CheckReport): CheckReport =>
    showsMessages(context) ? report : withoutMessage(report);
  const shownAll = (context: Context, report: ReadinessReport): ReadinessReport =>
    showsMessages(context) ? report : { ...report, checks: mapValues(report.checks, (check) => shown(context, check)) };

  return [
    {
      route: "/healthz",
      get(context) {
        const message = liveness?.problem();
        if (message === undefined) return context.json({ status: "ok", component, version });
        return context.json({ status: "down", component, version, message }, 503);
      },
    },
    {
      route: "/startupz",
      async get(context) {
        const report = readiness.phase === "starting" ? await readiness.report() : undefined;
        if (report === undefined || readiness.phase !== "starting") {
          return context.json({ status: "ok", component, version });
        }
        return context.json(shownAll(context, report), 503);
      },
    },
    {
      route: "/readyz",
      async get(context) {
        const excluded = excludedChecks(context);
        const report = shownAll(context, await readiness.report(excluded));
        const code = httpStatus(report.status);
        if (context.req.query("verbose") !== undefined) {
          return context.text(verboseText(report, readiness.checkNames, excluded), code);
        }
        context.header("Vary", "Accept");
        if (acceptsHealthJson(context.req.header("accept"))) {
          return context.body(JSON.stringify(healthJson(report)), code, { "Content-Type": HEALTH_JSON });
        }
        return context.json(report, code);
      },
    },
    {
      route: "/readyz/:check",
      path: "/readyz/<check>",
      async get(context) {
        const name = context.req.param("check") ?? "";
        const report = await readiness.reportCheck(name);
        if (report) return context.json(shown(context, report), httpStatus(report.status));
        return context.json({ error: `there is no check "${name}"`, checks: readiness.checkNames }, 404);
      },
    },
    {
      route: "/health",
      async get(context) {
        const report = shownAll(context, await readiness.report());
        const status = healthStatus(report, readiness.phase);
        const body: HealthReport = {
          name: component,
          status,
          ...(details && { details: checkHealths(component, report.checks) }),
        };
        return context.json(body, healthHttpStatus(status));
      },
    },
  ];
}

/** Of `?exclude=gitfs,reactor` or the same parameter twice. A check that there is not here is left out as well. */
function excludedChecks(context: Context): ReadonlySet<string> {
  return new Set((context.req.queries("exclude") ?? []).flatMap((list) => list.split(",")));
}

/** Degraded is no reason to take a process out of service. */
function httpStatus(status: CheckStatus): 200 | 503 {
  return status === "down" ? 503 : 200;
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
