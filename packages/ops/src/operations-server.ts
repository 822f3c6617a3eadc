import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { aborted, type Clock, createDeferred, type Logger, messageOf, type Service } from "@fleet/runtime";
import type { ConfigurationValue } from "./configuration-value.ts";
import { createConnectionDrain } from "./connection-drain.ts";
import { limitConnections } from "./connection-limit.ts";
import { opsErrors } from "./errors.ts";
import { formatListenAddress, type ListenAddress } from "./listen-address.ts";
import { createLiveness, type LivenessOptions } from "./liveness.ts";
import { createLogLevelControl, type LogLevelPort } from "./log-level.ts";
import { isLoopbackAddress } from "./loopback.ts";
import type { Metrics } from "./metrics.ts";
import type { OperationsApp } from "./operations-app.ts";
import type { OperationsConfig } from "./operations-options.ts";
import type { Readiness } from "./readiness.ts";
import { watchStartup } from "./startup.ts";

export interface OperationsServerOptions {
  readonly config: Omit<OperationsConfig, "metricsPrefix">;
  /** The option that changes the address, as named in errors. @default "--health-addr" */
  readonly addressOption?: string;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  /** What `/healthz` looks at if the configuration has a grace for it. */
  readonly connection: LivenessOptions["connection"];
  /** What only this process is called, for `/info`: `peel_id`, `session`. */
  readonly identity: Readonly<Record<string, string>>;
  /** What can be seen and changed while the process runs. @default nothing */
  readonly control?: RuntimeControl | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The parts of a process that the one who starts it can show and change. */
export interface RuntimeControl {
  /** Lists the settings in force for `/env`. @default they are not shown */
  readonly configuration?: (() => readonly ConfigurationValue[]) | undefined;
  /** Lets `/loggers` change the log's level. @default it cannot be changed */
  readonly logLevel?: LogLevelPort | undefined;
}

/** Health, metrics and runtime control over HTTP/1.1. */
export interface OperationsServer extends Service {
  /** Resolves when it listens; rejects as {@link Service.run} does if it cannot. */
  readonly ready: Promise<void>;
  /** The address bound, with the port the system chose; `undefined` until ready. */
  readonly address: ListenAddress | undefined;
}

/** Longest time to receive a request, and longest silence while one is being answered. */
const REQUEST_TIMEOUT_MS = 5_000;
/** How often Node looks for requests past their time: 5 s become 7 at most, where its default of 30 s makes it 35. */
const TIMEOUT_CHECK_INTERVAL_MS = 2_000;
const KEEP_ALIVE_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
/** Far above what probes and scrapers need, far below the limit on open files. */
const MAX_CONNECTIONS = 256;

/**
 * Creates the operations server. `run` rejects with `LISTEN_FAILED` if the address cannot be had, and stops
 * within 5 s whatever its clients do.
 */
export function createOperationsServer(options: OperationsServerOptions): OperationsServer {
  const { config, readiness, metrics, connection, identity, control, clock, logger } = options;
  const { addressOption = "--health-addr" } = options;
  const { healthAddr, livenessNatsGraceMs: natsGraceMs } = config;
  const liveness = natsGraceMs === undefined ? undefined : createLiveness({ connection, natsGraceMs, clock });
  const startedAt = clock.wallMs();
  const ready = createDeferred();
  let bound: ListenAddress | undefined;
  return {
    name: "operations-server",
    ready: ready.promise,
    get address() {
      return bound;
    },
    async run(signal) {
      const server = createServer({
        headersTimeout: REQUEST_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      });
      server.timeout = REQUEST_TIMEOUT_MS;
      limitConnections(server, { max: MAX_CONNECTIONS, clock, logger });
      const drain = createConnectionDrain(server, clock);

      try {
        bound = await listen(server, healthAddr);
      } catch (error) {
        const failure = listenFailure(error, healthAddr, addressOption);
        ready.reject(failure);
        throw failure;
      }
      const loopback = isLoopbackAddress(bound.host);
      const address = formatListenAddress(bound);
      const logLevel = control?.logLevel && createLogLevelControl({ port: control.logLevel, clock, logger, signal });
      const createApp = async (): Promise<OperationsApp> => {
        const { createOperationsApp } = await import("./operations-app.ts");
        logger.debug("operations endpoints loaded");
        return createOperationsApp({
          readiness,
          metrics,
          clock,
          logger,
          address,
          loopback,
          metricsInsecure: config.metricsInsecure,
          bearer: config.metricsBearer,
          healthDetails: config.healthDetails,
          liveness,
          identity,
          startedAt,
          configuration: control?.configuration,
          logLevel,
        });
      };
      let app: Promise<OperationsApp> | undefined;
      // When the process has started, or when somebody asks before: the 40 ms that it can take would come before a peel's first beat.
      const loadApp = (): Promise<OperationsApp> => {
        app ??= createApp();
        return app;
      };
      server.on("request", (incoming, response) => {
        respond(loadApp(), incoming, response).catch((error: unknown) => {
          logger.error("operations request failed", { error: messageOf(error) });
          response.destroy();
        });
      });
      server.on("error", (error) => logger.warn("operations server error", { error: messageOf(error) }));
      logger.info("operations server listening", { address });
      const unfollow = liveness?.follow();
      ready.resolve();

      const startup = watchStartup(readiness, clock, signal);
      // A failure is told to whoever asks.
      startup.then(() => (signal.aborted ? undefined : loadApp())).catch(() => {});
      await aborted(signal);
      await startup;
      unfollow?.();
      await drain.close(STOP_TIMEOUT_MS);
    },
  };
}

function listen(server: Server, { host, port }: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host !== "" && { host }) }, () => {
      server.off("error", reject);
      const bound = server.address() as AddressInfo;
      resolve({ host: bound.address, port: bound.port });
    });
  });
}

async function respond(
  loading: Promise<OperationsApp>,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url = "/", headers } = incoming;
  const app = await loading;
  const answer = await app({
    method,
    // A proxy may send it whole.
    url: url.replace(/^https?:\/\/[^/?]*/i, ""),
    headers,
    readText: (maxBytes) => readText(incoming, maxBytes),
  });
  response.statusCode = answer.status;
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Content-Length", Buffer.byteLength(answer.body));
  // One by one: what is made of several objects at each request is not collected for long.
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.end(method === "HEAD" ? undefined : answer.body);
}

/** What is too long is read and thrown away, so that whoever sends it is ready for the answer; `undefined` for what breaks off, too. */
async function readText(incoming: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming) {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return bytes <= maxBytes ? Buffer.concat(chunks).toString() : undefined;
}

const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process listens there",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "this user may not listen there; ports below 1024 need privileges",
  ENOTFOUND: "there is no such host",
};

function listenFailure(error: unknown, address: ListenAddress, addressOption: string): Error {
  const reason = LISTEN_FAILURES[(error as NodeJS.ErrnoException).code ?? ""] ?? messageOf(error);
  return opsErrors.create(
    "LISTEN_FAILED",
    `cannot listen on ${formatListenAddress(address)}: ${reason}; choose another address with ${addressOption}`,
    error,
  );
}
