import {
  aborted,
  type Clock,
  formatDuration,
  LOG_LEVELS,
  type Logger,
  type LogLevel,
  parseDuration,
} from "@fleet/runtime";

/** The level of a process's log, to be read and set. */
export interface LogLevelPort {
  level: LogLevel;
}

/** Longest time a level can be set for: timers take little more. */
const MAX_FOR_MS = 24 * 3_600_000;

/** The body of `/loggers`. */
export interface LogLevelReport {
  readonly level: LogLevel;
  readonly levels: readonly LogLevel[];
  /** Where a level that was set for a time goes back, and when, as ISO 8601. */
  readonly reverts?: { readonly to: LogLevel; readonly at: string };
}

/** A change asked for, or what is wrong with it. */
export type LogLevelChange =
  | { readonly level: LogLevel; readonly forMs: number | undefined; readonly problem?: never }
  | { readonly problem: string };

/** Reads `{"level": "debug", "for": "10m"}`, of which `for` may be missing. */
export function parseLogLevelChange(text: string): LogLevelChange {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { problem: 'not JSON; send for example {"level":"debug","for":"10m"}' };
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { problem: 'not an object; send for example {"level":"debug","for":"10m"}' };
  }
  const { level, for: time, ...others } = given as Record<string, unknown>;
  const [unknownKey] = Object.keys(others);
  if (unknownKey !== undefined) return { problem: `there is no "${unknownKey}"; send level and for` };
  const found = LOG_LEVELS.find((known) => known === level);
  if (found === undefined)
    return { problem: `${JSON.stringify(level) ?? "nothing"} is no level; use ${LOG_LEVELS.join(", ")}` };
  if (time === undefined) return { level: found, forMs: undefined };
  const forMs = typeof time === "string" ? parseDuration(time) : undefined;
  if (forMs === undefined || forMs <= 0 || forMs > MAX_FOR_MS) {
    return { problem: `${JSON.stringify(time)} is no time up to 24h; write for example 90s or 10m` };
  }
  return { level: found, forMs };
}

/** Changes a process's log level while it runs. */
export interface LogLevelControl {
  report(): LogLevelReport;
  /** Sets the level for good, or for a time after which the last level set for good is back. */
  set(level: LogLevel, forMs?: number): void;
}

export interface LogLevelControlOptions {
  readonly port: LogLevelPort;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the wait for the time to go back. */
  readonly signal: AbortSignal;
}

/** Creates a {@link LogLevelControl}. What the level is now counts as set for good. */
export function createLogLevelControl({ port, clock, logger, signal }: LogLevelControlOptions): LogLevelControl {
  let lasting = port.level;
  let revert: { readonly atMs: number; cancel(): void } | undefined;

  const change = (level: LogLevel, forMs?: number) => {
    revert?.cancel();
    revert = undefined;
    const before = port.level;
    const tell = () =>
      logger.info("log level changed", {
        from: before,
        to: level,
        ...(forMs !== undefined && { for: formatDuration(forMs) }),
      });
    // At the level that writes more, so that a log which falls silent says why.
    const quieter = LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(before);
    if (quieter) tell();
    port.level = level;
    if (!quieter) tell();
  };
  void aborted(signal).then(() => revert?.cancel());

  return {
    report: () => ({
      level: port.level,
      levels: LOG_LEVELS,
      ...(revert && { reverts: { to: lasting, at: new Date(revert.atMs).toISOString() } }),
    }),
    set(level, forMs) {
      change(level, forMs);
      if (forMs === undefined) {
        lasting = level;
        return;
      }
      if (signal.aborted) return;
      revert = { atMs: clock.wallMs() + forMs, cancel: clock.setTimer(forMs, () => change(lasting)) };
    },
  };
}
