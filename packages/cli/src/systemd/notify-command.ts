import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Logger, messageOf } from "@fleet/runtime";

/** Tells systemd something: `READY=1`, `STATUS=connected`. Returns at once; what is told arrives in order. */
export type Notify = (...assignments: readonly string[]) => void;

const PROGRAM = "systemd-notify";

/** The program waits for systemd to have read the message, 5 s at most by itself. */
const TIMEOUT_MS = 10_000;

/** Bounds what waits while systemd does not read. */
const MAX_WAITING = 16;

/**
 * Creates a {@link Notify} that runs `systemd-notify`: Node.js has no datagram sockets of the Unix kind. As the message
 * then comes from another process than the service's own, the unit needs `NotifyAccess=all`. A failure is logged once;
 * where the program is missing it is not tried again.
 */
export function createNotify(socket: string, logger: Logger, path: string = process.env["PATH"] ?? ""): Notify {
  const run = promisify(execFile);
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  let missing = false;
  let complained = false;

  const send = async (assignments: readonly string[]) => {
    waiting -= 1;
    if (missing) return;
    try {
      await run(PROGRAM, [...assignments], { env: { PATH: path, NOTIFY_SOCKET: socket }, timeout: TIMEOUT_MS });
    } catch (error) {
      missing = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (complained) return;
      complained = true;
      const problem = missing ? `there is no program ${PROGRAM} on the PATH` : messageOf(error).trimEnd();
      logger.warn("systemd cannot be notified", { socket, error: problem });
    }
  };

  return (...assignments) => {
    if (waiting >= MAX_WAITING) return;
    waiting += 1;
    last = last.then(() => send(assignments));
  };
}
