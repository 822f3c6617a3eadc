import { busErrors, type Connection, type ConnectionConfig, createConnection } from "@fleet/bus";
import { createLogger, formatDuration, sleep, systemClock } from "@fleet/runtime";

/**
 * Connects, does `work` and closes the connection. A command does not wait for a broker as a daemon does: the first failure
 * to connect is thrown, as is `BROKER_UNREACHABLE` after `timeoutMs`.
 */
export async function withConnection<T>(
  config: ConnectionConfig,
  timeoutMs: number,
  work: (connection: Connection, deadlineMono: number) => Promise<T>,
): Promise<T> {
  const deadlineMono = systemClock.monoMs() + timeoutMs;
  const silent = createLogger({ level: "error", base: {} }, { write: () => {} });
  const connection = createConnection({
    config,
    clock: systemClock,
    random: Math.random,
    logger: silent,
    failFast: true,
  });
  const stop = new AbortController();
  const expiry = new AbortController();
  const running = connection.run(stop.signal);
  running.catch(() => {});
  try {
    await Promise.race([connection.connected(expiry.signal), running, sleep(systemClock, timeoutMs, expiry.signal)]);
    if (connection.state !== "connected") {
      throw busErrors.create(
        "BROKER_UNREACHABLE",
        `${connection.urls.join(", ")}: no NATS server answered within ${formatDuration(timeoutMs)}`,
      );
    }
    return await work(connection, deadlineMono);
  } finally {
    expiry.abort();
    stop.abort();
    await running.catch(() => {});
  }
}
