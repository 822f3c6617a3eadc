import { messageOf, type OpenLogger, type Service } from "@fleet/runtime";
import { EXIT } from "./exit-codes.ts";
import { abortOnSignals } from "./stop-signals.ts";

/**
 * Runs a service until it ends or the process is told to stop; a second signal ends the process at once. The process
 * ends with 0 after a clean stop and with 1 when the service failed.
 */
export async function runService(service: Service, { logger, flush }: OpenLogger): Promise<never> {
  const stop = new AbortController();
  abortOnSignals(stop, ["SIGTERM", "SIGINT"], {
    first: (signal) => logger.info("stopping", { signal }),
    second(signal) {
      logger.warn("stopped at once by a second signal", { signal });
      void flush();
    },
  });
  let code: number = EXIT.ok;
  try {
    await service.run(stop.signal);
  } catch (error) {
    logger.error(`${service.name} failed`, { error: messageOf(error) });
    code = EXIT.failed;
  }
  await flush();
  // Not left to the event loop: a straggler must not keep the process.
  process.exit(code);
}
