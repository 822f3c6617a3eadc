import type { Clock } from "@fleet/runtime";
import { jsonAnswer } from "./answer.ts";
import { type ConfigurationValue, withoutSecrets } from "./configuration-value.ts";
import { takeDiagnosticReport } from "./diagnostic-report.ts";
import type { Endpoint } from "./endpoint.ts";
import { type LogLevelControl, parseLogLevelChange } from "./log-level.ts";
import type { Readiness } from "./readiness.ts";

export interface AdminEndpointsOptions {
  readonly readiness: Readiness;
  /** Names of this process that only it bears, such as `peel_id` and `session`. */
  readonly identity: Readonly<Record<string, string>>;
  /** When the process began, in wall time. */
  readonly startedAt: number;
  /** The settings in force; `undefined`: they are not shown. */
  readonly configuration: (() => readonly ConfigurationValue[]) | undefined;
  /** `undefined`: the level cannot be changed. */
  readonly logLevel: LogLevelControl | undefined;
  readonly clock: Pick<Clock, "wallMs">;
}

/** What people ask who look after a process: `/info`, `/env`, `/loggers`, `/threaddump`. */
export function createAdminEndpoints(options: AdminEndpointsOptions): readonly Endpoint[] {
  const { readiness, identity, startedAt, configuration, logLevel, clock } = options;
  return [
    {
      route: "/info",
      area: "admin",
      get: () =>
        jsonAnswer({
          component: readiness.component,
          version: readiness.version,
          ...identity,
          started_at: new Date(startedAt).toISOString(),
          uptime: readiness.uptime,
          pid: process.pid,
          runtime: { name: "node", version: process.version, platform: process.platform, arch: process.arch },
        }),
    },
    ...(configuration ? [envEndpoint(configuration)] : []),
    ...(logLevel ? [loggersEndpoint(logLevel)] : []),
    { route: "/threaddump", area: "admin", get: () => jsonAnswer(takeDiagnosticReport(clock)) },
  ];
}

function envEndpoint(configuration: () => readonly ConfigurationValue[]): Endpoint {
  return {
    route: "/env",
    area: "admin",
    get: () => jsonAnswer({ settings: withoutSecrets(configuration()) }),
  };
}

function loggersEndpoint(logLevel: LogLevelControl): Endpoint {
  return {
    route: "/loggers",
    area: "admin",
    get: () => jsonAnswer(logLevel.report()),
    post(body) {
      const change = parseLogLevelChange(body);
      if (change.problem !== undefined) return jsonAnswer({ error: change.problem }, 400);
      logLevel.set(change.level, change.forMs);
      return jsonAnswer(logLevel.report());
    },
  };
}
