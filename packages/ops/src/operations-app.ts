import { type Clock, createThrottle, type Logger, messageOf } from "@fleet/runtime";
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Hono } from "hono/tiny";
import { type Access, type AccessVerdict, type Area, createAccess } from "./access.ts";
import { createAdminEndpoints } from "./admin-endpoints.ts";
import type { ConfigurationValue } from "./configuration-value.ts";
import type { Endpoint } from "./endpoint.ts";
import { createHealthEndpoints } from "./health-endpoints.ts";
import type { Liveness } from "./liveness.ts";
import type { LogLevelControl } from "./log-level.ts";
import { isLoopbackHost } from "./loopback.ts";
import type { Metrics } from "./metrics.ts";
import { createMetricsEndpoints } from "./metrics-endpoints.ts";
import type { Readiness } from "./readiness.ts";

export interface OperationsAppOptions {
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The address bound, as people write it. */
  readonly address: string;
  /** Whether only this machine can reach that address. */
  readonly loopback: boolean;
  /** Whether to serve metrics and messages to whoever can reach it. */
  readonly metricsInsecure: boolean;
  /** The token that opens metrics, messages and admin endpoints; `undefined`: none does. */
  readonly bearer: (() => string) | undefined;
  readonly healthDetails: boolean;
  readonly liveness: Liveness | undefined;
  readonly identity: Readonly<Record<string, string>>;
  /** When the process began, in wall time. */
  readonly startedAt: number;
  readonly configuration: (() => readonly ConfigurationValue[]) | undefined;
  readonly logLevel: LogLevelControl | undefined;
}

/** Far above what a request here has to say. */
const MAX_BODY_BYTES = 1_024;
const UNAUTHORIZED_LOG_PERIOD_MS = 60_000;

/** Answers the requests of the operations server. Every error is JSON: `{"error": "…"}`. */
export function createOperationsApp(options: OperationsAppOptions): Hono {
  const { logger, clock, address, loopback } = options;
  const access = createAccess(options);
  const endpoints: readonly Endpoint[] = [
    ...createHealthEndpoints({
      ...options,
      details: options.healthDetails,
      showsMessages: (context) => loopback || judge(access, "metrics", context) === "granted",
    }),
    ...createMetricsEndpoints(options.metrics),
    ...createAdminEndpoints(options),
  ];
  const throttle = createThrottle(clock, UNAUTHORIZED_LOG_PERIOD_MS);

  const admitTo =
    (area: Area): MiddlewareHandler =>
    (context, next) => {
      const verdict = judge(access, area, context);
      if (verdict === "granted") return next();
      throttle.run((repeated) =>
        logger.warn("http.request.unauthorized", {
          path: context.req.path,
          reason: verdict,
          ...(repeated > 0 && { repeated }),
        }),
      );
      context.header("WWW-Authenticate", challenge(verdict));
      return Promise.resolve(context.json({ error: refusal(verdict, area, address) }, 401));
    };

  const app = new Hono();
  app.use(async (context, next) => {
    context.header("Cache-Control", "no-store");
    context.header("X-Content-Type-Options", "nosniff");
    const host = context.req.header("host");
    // No browser leaves the header out; HTTP/1.0 probes do.
    if (loopback && host !== undefined && !isLoopbackHost(host)) {
      const error = `host "${host}" refused: ${address} answers only to localhost and loopback addresses`;
      return context.json({ error }, 403);
    }
    // The router would take it for the path without.
    if (context.req.path.endsWith("/")) return context.notFound();
    return next();
  });
  for (const { route, area, get, post } of endpoints) {
    const admit = area === undefined ? admitAll : admitTo(area);
    app.get(route, admit, get);
    if (post) app.post(route, admit, jsonOnly, smallBody, post);
    app.all(route, (context) =>
      context.json({ error: `${context.req.method} is not allowed here` }, 405, {
        Allow: post ? "GET, HEAD, POST" : "GET, HEAD",
      }),
    );
  }
  app.notFound((context) =>
    context.json(
      { error: "there is nothing at this path", endpoints: endpoints.map(({ route, path = route }) => path) },
      404,
    ),
  );
  app.onError((error, context) => {
    logger.error("operations request failed", { path: context.req.path, error: messageOf(error) });
    return context.json({ error: "internal error; the log says more" }, 500);
  });
  return app;
}

const admitAll: MiddlewareHandler = (_, next) => next();

/** A web page can make a browser send other types to loopback without asking the server first. */
const jsonOnly: MiddlewareHandler = async (context, next) => {
  if (/^application\/json *(;|$)/i.test(context.req.header("content-type") ?? "")) return next();
  return context.json({ error: "send JSON, with Content-Type: application/json" }, 415);
};

const smallBody: MiddlewareHandler = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (context) => context.json({ error: `more than ${MAX_BODY_BYTES} bytes are not taken` }, 413),
});

function judge(access: Access, area: Area, context: Context): AccessVerdict {
  return access.judge(area, context.req.header("authorization"));
}

function challenge(verdict: AccessVerdict): string {
  return verdict === "token-wrong" ? 'Bearer realm="fleet", error="invalid_token"' : 'Bearer realm="fleet"';
}

function refusal(verdict: AccessVerdict, area: Area, address: string): string {
  if (verdict === "token-wrong") return "this bearer token is not the right one";
  if (verdict === "token-missing") return "send Authorization: Bearer with the token of METRICS_BEARER";
  const how = "set METRICS_BEARER or METRICS_BEARER_FILE to a bearer token";
  const where = `on ${address}, which other machines can reach`;
  return area === "metrics"
    ? `metrics are not served to everyone ${where}; ${how}, start with --metrics-insecure, or listen on 127.0.0.1`
    : `this is not served to everyone ${where}; ${how}, or listen on 127.0.0.1`;
}
