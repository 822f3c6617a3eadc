import { messageOf, type OpenLogger, systemClock } from "@fleet/runtime";
import { EXIT } from "./exit-codes.ts";
import { abortOnSignals } from "./stop-signals.ts";
import { createNotify } from "./systemd/notify-command.ts";
import { readNotifyEnvironment } from "./systemd/notify-environment.ts";
import { type SupervisedService, superviseService } from "./systemd/supervision.ts";

/**
 * Runs a service until it ends or the process is told to stop; a second signal ends the process at once. The process
 * ends with 0 after a clean stop and with 1 when the service failed. Under systemd it says how it is doing.
 */
export async function runService(service: SupervisedService, { logger, flush }: OpenLogger): Promise<never> {
  const stop = new AbortController();
  const ended = new AbortController();
  abortOnSignals(stop, ["SIGTERM", "SIGINT"], {
    first: (signal) => logger.info("stopping", { signal }),
    second(signal) {
      logger.warn("stopped at once by a second signal", { signal });
      void flush();
    },
  });
  const systemd = readNotifyEnvironment(process.env, process.pid);
  if (systemd) {
    const notify = createNotify(systemd.socket, logger);
    const { watchdogMs } = systemd;
    const parts = { service, stopping: stop.signal, notify, watchdogMs, clock: systemClock, logger };
    superviseService(parts, ended.signal);
  }
  let code: number = EXIT.ok;
  try {
    await service.run(stop.signal);
  } catch (error) {
    logger.error(`${service.name} failed`, { error: messageOf(error) });
    code = EXIT.failed;
  }
  ended.abort();
  await flush();
  // Not left to the event loop: a straggler must not keep the process.
  process.exit(code);
}
