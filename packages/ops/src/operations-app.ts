import type { IncomingHttpHeaders } from "node:http";
import { type Clock, createThrottle, type Logger, messageOf } from "@fleet/runtime";
import createRouter from "find-my-way";
import { type AccessVerdict, type Area, createAccess } from "./access.ts";
import { createAdminEndpoints } from "./admin-endpoints.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
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

/** A request as it comes over the wire. */
export interface OperationsRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Reads the body to its end; `undefined` if it is longer. */
  readText(maxBytes: number): Promise<string | undefined>;
}

/** Answers a request; never rejects. */
export type OperationsApp = (request: OperationsRequest) => Promise<Answer>;

/** Far above what a request here has to say. */
const MAX_BODY_BYTES = 1_024;
const UNAUTHORIZED_LOG_PERIOD_MS = 60_000;

/** Answers the requests of the operations server. Every error is JSON: `{"error": "…"}`. */
export function createOperationsApp(options: OperationsAppOptions): OperationsApp {
  const { logger, clock, address, loopback } = options;
  const access = createAccess(options);
  const endpoints: readonly Endpoint[] = [
    ...createHealthEndpoints({
      ...options,
      details: options.healthDetails,
      showsMessages: ({ headers }) => loopback || access.judge("metrics", headers.authorization) === "granted",
    }),
    ...createMetricsEndpoints(options.metrics),
    ...createAdminEndpoints(options),
  ];
  const paths = endpoints.map(({ route, path = route }) => path);
  // It finds what is at a path; what may be done there is ours to say.
  const router = createRouter();
  for (const endpoint of endpoints) router.on("GET", endpoint.route, () => {}, endpoint);
  const throttle = createThrottle(clock, UNAUTHORIZED_LOG_PERIOD_MS);

  /** What is answered to who may not; `undefined` to who may. */
  const refuse = (area: Area, { url, headers }: OperationsRequest): Answer | undefined => {
    const verdict = access.judge(area, headers.authorization);
    if (verdict === "granted") return undefined;
    throttle.run((heldBack) =>
      logger.warn("http.request.unauthorized", {
        path: pathOf(url),
        reason: verdict,
        ...(heldBack > 0 && { held_back: heldBack }),
      }),
    );
    return jsonAnswer({ error: refusal(verdict, area, address) }, 401, { "WWW-Authenticate": challenge(verdict) });
  };

  /** Whoever probes does so under one name: to look at it each time makes a URL, and an address that only a full collection frees. */
  let admittedHost: string | undefined;

  const answer = async (request: OperationsRequest): Promise<Answer> => {
    const { method, url, headers } = request;
    const { host } = headers;
    // No browser leaves the header out; HTTP/1.0 probes do.
    if (loopback && host !== undefined && host !== admittedHost) {
      if (!isLoopbackHost(host)) {
        const error = `host "${host}" refused: ${address} answers only to localhost and loopback addresses`;
        return jsonAnswer({ error }, 403);
      }
      admittedHost = host;
    }
    const found = router.find("GET", url);
    if (!found) return jsonAnswer({ error: "there is nothing at this path", endpoints: paths }, 404);
    const { area, get, post } = found.store as Endpoint;
    const change = method === "POST" ? post : undefined;
    if (method !== "GET" && method !== "HEAD" && !change) {
      return jsonAnswer({ error: `${method} is not allowed here` }, 405, {
        Allow: post ? "GET, HEAD, POST" : "GET, HEAD",
      });
    }
    const refused = area && refuse(area, request);
    if (refused) return refused;
    if (!change) return get({ headers, query: found.searchParams, params: found.params });
    // A web page can make a browser send other types to loopback without asking the server first.
    if (!/^application\/json *(;|$)/i.test(headers["content-type"] ?? "")) {
      return jsonAnswer({ error: "send JSON, with Content-Type: application/json" }, 415);
    }
    const body = await request.readText(MAX_BODY_BYTES);
    if (body === undefined) return jsonAnswer({ error: `more than ${MAX_BODY_BYTES} bytes are not taken` }, 413);
    return change(body);
  };

  return async (request) => {
    try {
      return await answer(request);
    } catch (error) {
      logger.error("operations request failed", { path: pathOf(request.url), error: messageOf(error) });
      return jsonAnswer({ error: "internal error; the log says more" }, 500);
    }
  };
}

function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? url;
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
