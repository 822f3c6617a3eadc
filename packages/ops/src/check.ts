import { type Clock, messageOf, withDeadline } from "@fleet/runtime";

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
   * been reported as down already: end then, for the next report starts another run.
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

/** Runs `check` for at most {@link CHECK_TIMEOUT_MS}, whether or not it heeds its signal. Never rejects. */
export async function runCheck(check: Check, clock: Clock): Promise<CheckReport> {
  const startedMono = clock.monoMs();
  const { status, message } = await outcomeOf(check, clock);
  const latencyMs = Math.floor(clock.monoMs() - startedMono);
  return { status, ...(message && { message }), ...(latencyMs > 0 && { latency_ms: latencyMs }) };
}

async function outcomeOf(check: Check, clock: Clock): Promise<CheckResult> {
  let own: AbortSignal | undefined;
  try {
    return await withDeadline({ clock, timeoutMs: CHECK_TIMEOUT_MS, what: check.name }, async (signal) => {
      own = signal;
      return check.run(signal);
    });
  } catch (error) {
    // The check may have had shorter deadlines of its own, whose messages say more.
    const message = own?.aborted ? "timed out after 2s" : messageOf(error);
    return { status: "down", message };
  }
}
