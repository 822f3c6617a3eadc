import { type Logger, messageOf } from "@fleet/runtime";
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { CheckReport, CheckStatus } from "./check.ts";
import { negotiateExposition } from "./exposition-format.ts";
import { isLoopbackHost } from "./loopback.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

export interface OperationsAppOptions {
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** The address bound, as people write it. */
  readonly address: string;
  /** Whether only this machine can reach that address. */
  readonly loopback: boolean;
  /** Whether to serve metrics and details to whoever can reach it. */
  readonly metricsInsecure: boolean;
}

interface Endpoint {
  /** As routed. */
  readonly route: string;
  /** As shown to people. */
  readonly path: string;
  get(context: Context): Response | Promise<Response>;
}

/** Answers the requests of the operations server. Every error is JSON: `{"error": "…"}`. */
export function createOperationsApp(options: OperationsAppOptions): Hono {
  const { readiness, metrics, logger, address, loopback, metricsInsecure } = options;
  const open = loopback || metricsInsecure;
  const shown = (report: CheckReport): CheckReport => (open ? report : withoutMessage(report));

  const endpoints: readonly Endpoint[] = [
    {
      route: "/healthz",
      path: "/healthz",
      get: (context) =>
        context.json({ status: "ok", component: readiness.component, version: readiness.version } as const),
    },
    {
      route: "/readyz",
      path: "/readyz",
      async get(context) {
        const report = await readiness.report();
        const checks = Object.entries(report.checks).map(([name, check]) => [name, shown(check)]);
        return context.json({ ...report, checks: Object.fromEntries(checks) }, httpStatus(report.status));
      },
    },
    {
      route: "/readyz/:check",
      path: "/readyz/<check>",
      async get(context) {
        const name = context.req.param("check") ?? "";
        const report = await readiness.reportCheck(name);
        if (report) return context.json(shown(report), httpStatus(report.status));
        return context.json({ error: `there is no check "${name}"`, checks: readiness.checkNames }, 404);
      },
    },
    {
      route: "/metrics",
      path: "/metrics",
      async get(context) {
        if (!open) return context.json({ error: refusal(address) }, 403);
        const { contentType, body } = await metrics.render(negotiateExposition(context.req.header("accept")));
        return context.body(body, 200, { "Content-Type": contentType, Vary: "Accept" });
      },
    },
    {
      route: "/metrics.json",
      path: "/metrics.json",
      async get(context) {
        if (!open) return context.json({ error: refusal(address) }, 403);
        const { contentType, body } = await metrics.render("json");
        return context.body(body, 200, { "Content-Type": contentType });
      },
    },
  ];

  const app = new Hono();
  app.use(async (context, next) => {
    context.header("Cache-Control", "no-store");
    const host = context.req.header("host");
    // No browser leaves the header out; HTTP/1.0 probes do.
    if (loopback && host !== undefined && !isLoopbackHost(host)) {
      const error = `host "${host}" refused: ${address} answers only to localhost and loopback addresses`;
      return context.json({ error }, 403);
    }
    return next();
  });
  for (const { route, get } of endpoints) {
    app.get(route, get);
    app.all(route, (context) =>
      context.json({ error: `${context.req.method} is not allowed here` }, 405, { Allow: "GET, HEAD" }),
    );
  }
  app.notFound((context) =>
    context.json({ error: "there is nothing at this path", endpoints: endpoints.map(({ path }) => path) }, 404),
  );
  app.onError((error, context) => {
    logger.error("operations request failed", { path: context.req.path, error: messageOf(error) });
    return context.json({ error: "internal error; the log says more" }, 500);
  });
  return app;
}

/** Degraded is no reason to take a process out of service. */
function httpStatus(status: CheckStatus): 200 | 503 {
  return status === "down" ? 503 : 200;
}

function withoutMessage({ message: _, ...report }: CheckReport): CheckReport {
  return report;
}

function refusal(address: string): string {
  return `metrics are not served on ${address}, which other machines can reach; start with --metrics-insecure to serve them to everyone who can, or listen on 127.0.0.1`;
}
