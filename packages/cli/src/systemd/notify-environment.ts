/** What systemd tells a service of the type `notify` in its environment. */
export interface NotifyEnvironment {
  /** Where to write to: a path, or `@` and a name in the abstract namespace. */
  readonly socket: string;
  /** Time within which systemd wants a sign of life; `undefined`: it wants none. */
  readonly watchdogMs: number | undefined;
}

/** Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`; `undefined` where nobody listens. */
export function readNotifyEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): NotifyEnvironment | undefined {
  const socket = environment["NOTIFY_SOCKET"];
  if (!socket) return undefined;
  const watchdogMs = Number(environment["WATCHDOG_USEC"]) / 1_000;
  // Without a process id the watchdog is meant for whoever reads this.
  const mine = [undefined, "", String(pid)].includes(environment["WATCHDOG_PID"]);
  return { socket, watchdogMs: mine && watchdogMs > 0 ? watchdogMs : undefined };
}
