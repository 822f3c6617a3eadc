import { constants } from "node:os";
import { messageOf, type OpenLogger, type Service } from "@fleet/runtime";
import { EXIT } from "./exit-codes.ts";

const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * Runs a service until it ends or the process is told to stop; a second signal ends the process at once. Sets the
 * exit code: 0 after a clean stop, 1 when the service failed.
 */
export async function runService(service: Service, { logger, flush }: OpenLogger): Promise<void> {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      logger.warn("stopped at once by a second signal", { signal: name });
      flush();
      process.exit(128 + constants.signals[name]);
    }
    logger.info("stopping", { signal: name });
    stop.abort();
  };
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  try {
    await service.run(stop.signal);
    process.exitCode = EXIT.ok;
  } catch (error) {
    logger.error(`${service.name} failed`, { error: messageOf(error) });
    process.exitCode = EXIT.failed;
  }
  flush();
  // A straggler must not keep the process.
  process.exit();
}
