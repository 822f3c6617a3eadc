import { aborted, createDeferred, type Service } from "@fleet/runtime";
import { brokerErrors } from "./errors.ts";
import { type RunningServer, type StartServerOptions, startServer } from "./server.ts";
import { readLogTail } from "./server-process.ts";

export interface ServerServiceOptions extends Omit<StartServerOptions, "signal"> {
  /** Told once the server is healthy, before the services after it start. */
  readonly onStarted?: ((server: RunningServer) => void) | undefined;
}

/**
 * A server as a member of a service group: ready when healthy, stopped and cleaned up when told to.
 *
 * `run` rejects as `startServer` does, or with `SERVER_EXITED` and the end of the log if the server ends by itself.
 */
export function createServerService(options: ServerServiceOptions): Service {
  const ready = createDeferred();
  return {
    name: "nats-server",
    ready: ready.promise,
    async run(signal) {
      let server: RunningServer;
      try {
        server = await startServer({ ...options, signal });
      } catch (error) {
        ready.reject(error);
        if (signal.aborted) return;
        throw error;
      }
      try {
        options.onStarted?.(server);
        ready.resolve();
        const exit = await Promise.race([server.exited, aborted(signal)]);
        if (exit && !signal.aborted) {
          const ending = exit.signal ?? `exit code ${exit.code}`;
          const tail = await readLogTail(server.logFile);
          throw brokerErrors.create("SERVER_EXITED", `nats-server ended with ${ending}; its log ends with:${tail}`);
        }
      } finally {
        await server.stop();
      }
    },
  };
}
