import { type Clock, formatDuration, invariant } from "@fleet/runtime";
import { type Check, type CheckReport, type CheckStatus, createCheckRun, worstStatus } from "./check.ts";
import type { Phase } from "./health.ts";

export interface ReadinessOptions {
  /** Which program this is: `peel` or `master`. */
  readonly component: string;
  readonly version: string;
  readonly clock: Clock;
  readonly checks: readonly Check[];
}

/** The body of `/readyz`. */
export interface ReadinessReport {
  /** The worst of the checks. */
  readonly status: CheckStatus;
  /** By name, in the order in which they were given. */
  readonly checks: Readonly<Record<string, CheckReport>>;
  readonly version: string;
  /** Time since the readiness was created, as Go writes durations: `2h3m0s`. */
  readonly uptime: string;
}

/** What a process says about its ability to work. */
export interface Readiness {
  readonly component: string;
  readonly version: string;
  readonly checkNames: readonly string[];
  /** Whether a report of all checks was once not down; what has been so stays so, whatever becomes of the checks. */
  readonly hasStarted: boolean;
  /** `starting` until it has started, and `draining` from when the process is going away. */
  readonly phase: Phase;
  /** Time since the readiness was created, as Go writes durations: `2h3m0s`. */
  readonly uptime: string;
  /**
   * Runs all checks in parallel and answers within 2 s, also when a check hangs. Callers that come while a run is
   * under way share it. Never rejects. Checks named in `exclude` are neither run nor reported.
   */
  report(exclude?: ReadonlySet<string>): Promise<ReadinessReport>;
  /** Runs one check, or joins its run under way; `undefined` if there is none of that name. Never rejects. */
  reportCheck(name: string): Promise<CheckReport> | undefined;
  /**
   * Says from now on that the process is going away: every report is down with an entry `draining`, those
   * under way included. There is no way back.
   */
  drain(): void;
}

/** Not a check's name, so that the entry cannot hide one. */
const DRAINING = "draining";

/** Creates a {@link Readiness}. Check names must be unique and kebab-case. */
export function createReadiness(options: ReadinessOptions): Readiness {
  const { component, version, clock } = options;
  const startedMono = clock.monoMs();
  const runs = new Map<string, () => Promise<CheckReport>>();
  for (const check of options.checks) {
    invariant(/^[a-z][a-z0-9-]*$/.test(check.name), `check name "${check.name}" is kebab-case`);
    invariant(check.name !== DRAINING && !runs.has(check.name), `check name "${check.name}" is not taken`);
    runs.set(check.name, singleFlight(createCheckRun(check, clock)));
  }
  const runChecks = async (exclude?: ReadonlySet<string>): Promise<Record<string, CheckReport>> => {
    const wanted = [...runs].filter(([name]) => !exclude?.has(name));
    return Object.fromEntries(await Promise.all(wanted.map(async ([name, run]) => [name, await run()] as const)));
  };
  const runAll = singleFlight(runChecks);
  let started = false;
  let draining = false;
  const uptime = () => formatDuration(clock.monoMs() - startedMono);

  return {
    component,
    version,
    checkNames: [...runs.keys()],
    get hasStarted() {
      return started;
    },
    get phase() {
      return draining ? "draining" : started ? "started" : "starting";
    },
    get uptime() {
      return uptime();
    },
    async report(exclude) {
      const all = exclude === undefined || exclude.size === 0;
      // A copy: callers that share a run do not share what is added to it.
      const checks = { ...(await (all ? runAll() : runChecks(exclude))) };
      if (draining) checks[DRAINING] = { status: "down", message: "shutting down" };
      const status = worstStatus(Object.values(checks).map((check) => check.status));
      if (all && status !== "down") started = true;
      return { status, checks, version, uptime: uptime() };
    },
    reportCheck: (name) => runs.get(name)?.(),
    drain() {
      draining = true;
    },
  };
}

/** The same work, but callers that come while it is under way share its outcome. */
function singleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  return () => {
    underWay ??= work().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
