import { busErrors, type Connection, type ConnectionConfig, createConnection } from "@fleet/bus";
import { formatDuration, silentLogger, sleep, systemClock } from "@fleet/runtime";

/** Does work on a connection; `deadlineMono` is when the time for the command is over. */
type Work<T> = (connection: Connection, deadlineMono: number) => Promise<T>;

/**
 * Connects, does `work` and closes the connection. A command does not wait for a broker as a daemon does: the first failure
 * to connect is thrown, as is `BROKER_UNREACHABLE` after `timeoutMs`.
 */
export function withConnection<T>(config: ConnectionConfig, timeoutMs: number, work: Work<T>): Promise<T> {
  return connectAnd(config, { timeoutMs, failFast: true }, work);
}

/** The same for work that outlives the connection: once it was made, it is made again whenever it is lost. */
export function withLastingConnection<T>(config: ConnectionConfig, timeoutMs: number, work: Work<T>): Promise<T> {
  return connectAnd(config, { timeoutMs, failFast: false }, work);
}

async function connectAnd<T>(
  config: ConnectionConfig,
  { timeoutMs, failFast }: { timeoutMs: number; failFast: boolean },
  work: Work<T>,
): Promise<T> {
  const deadlineMono = systemClock.monoMs() + timeoutMs;
  const connection = createConnection({
    config,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    failFast,
  });
  const stop = new AbortController();
  const expiry = new AbortController();
  const running = connection.run(stop.signal);
  running.catch(() => {});
  try {
    await Promise.race([connection.connected(expiry.signal), running, sleep(systemClock, timeoutMs, expiry.signal)]);
    if (connection.state !== "connected") {
      if (connection.lastError) throw connection.lastError;
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
