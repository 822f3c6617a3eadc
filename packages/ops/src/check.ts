import { type Clock, messageOf } from "@fleet/runtime";

/** `degraded`: works, but impaired; nobody should restart or drain the process for it. */
export type CheckStatus = "ok" | "degraded" | "down";

export interface CheckResult {
  readonly status: CheckStatus;
  /** Why, for operators. Shown only to loopback callers unless metrics are served insecurely. */
  readonly message?: string;
}

/** How one subsystem is doing, under a name. */
export interface Check {
  /** Kebab-case and unique in its process; it is part of a URL: `/readyz/<name>`. */
  readonly name: string;
  /**
   * Looks now. Throwing means down, with the error's message. The signal aborts after 2 s, when the check has
   * been reported as down already: end then, for the next report starts another run. Runs that end in time have the same
   * signal, so take off again what listens to it.
   */
  run(signal: AbortSignal): CheckResult | Promise<CheckResult>;
}

/** One check as it appears in a body: zero values are left out. */
export interface CheckReport {
  readonly status: CheckStatus;
  readonly message?: string;
  /** Whole milliseconds, rounded down; left out when 0. */
  readonly latency_ms?: number;
}

/** Time one check may take: Kubernetes and the watchdog give up on a reply not much later. */
export const CHECK_TIMEOUT_MS = 2_000;

const SEVERITY: Readonly<Record<CheckStatus, number>> = { ok: 0, degraded: 1, down: 2 };

/** The worst of `statuses`; `ok` if there are none. */
export function worstStatus(statuses: Iterable<CheckStatus>): CheckStatus {
  let worst: CheckStatus = "ok";
  for (const status of statuses) {
    if (SEVERITY[status] > SEVERITY[worst]) worst = status;
  }
  return worst;
}

/**
 * Makes the function that runs `check` for at most {@link CHECK_TIMEOUT_MS}, whether or not it heeds its signal. It never
 * rejects.
 */
export function createCheckRun(check: Check, clock: Clock): () => Promise<CheckReport> {
  // One for all runs until it has aborted: a signal costs more than most checks, and stays in memory for long.
  let controller = new AbortController();
  const look = () =>
    new Promise<CheckResult>((resolve) => {
      const own = controller;
      const cancelTimer = clock.setTimer(CHECK_TIMEOUT_MS, () => {
        controller = new AbortController();
        resolve({ status: "down", message: "timed out after 2s" });
        own.abort();
      });
      const settle = (result: CheckResult) => {
        cancelTimer();
        resolve(result);
      };
      // In an async function, so that a check which throws at once is like one which rejects.
      (async () => check.run(own.signal))().then(settle, (error) =>
        settle({ status: "down", message: messageOf(error) }),
      );
    });
  return async () => {
    const startedMono = clock.monoMs();
    const { status, message } = await look();
    const latencyMs = Math.floor(clock.monoMs() - startedMono);
    return { status, ...(message && { message }), ...(latencyMs > 0 && { latency_ms: latencyMs }) };
  };
}
