import { homedir } from "node:os";
import {
  createSystemLogin,
  defaultCacheDir,
  type Guardian,
  type ResolvedServer,
  type RunningServer,
  renderSystemAccount,
  resolveServer,
  type SystemLogin,
  startServer,
} from "@fleet/broker";
import { aborted, type Clock, isFleetError, messageOf, sleep } from "@fleet/runtime";

/** Port that NATS clients try when told nothing. */
export const DEFAULT_NATS_PORT = 4222;

/** The broker of a development fleet. */
export interface DevBroker {
  readonly url: string;
  readonly port: number;
  readonly program: ResolvedServer;
  /** Of the masters: it hears of every connection that ends. */
  readonly systemLogin: SystemLogin;
  /** Starts it again whenever it dies, until `signal` aborts; then stops it and removes its store. */
  run(signal: AbortSignal): Promise<void>;
  /** Stops it and removes its store, also when it was never run. Calling it again does nothing. */
  close(): Promise<void>;
}

export interface DevBrokerParts {
  /** `undefined`: the default port if free, else another. */
  readonly port: number | undefined;
  readonly guardian: Guardian;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of what takes long and of every death. */
  readonly note: (text: string) => void;
}

const RESTART_AFTER_MS = 3_000;

/** Finds or fetches a nats-server and starts it with a temporary store. */
export async function startDevBroker({ port, guardian, clock, signal, note }: DevBrokerParts): Promise<DevBroker> {
  const program = await resolveServer({
    configuredPath: process.env["FLEET_NATS_SERVER"],
    searchPath: process.env["PATH"],
    cacheDir: defaultCacheDir({ xdgCacheHome: process.env["XDG_CACHE_HOME"], home: homedir() }),
    onProgress: note,
    signal,
    clock,
  });
  const systemLogin = createSystemLogin();
  const config = renderSystemAccount(systemLogin);
  const start = (clientPort: number | undefined) =>
    startServer({ path: program.path, port: clientPort, config, guardian, clock, signal });
  const server = await start(port ?? DEFAULT_NATS_PORT).catch((error: unknown) => {
    if (port !== undefined || !isFleetError(error, "PORT_IN_USE")) throw error;
    return start(undefined);
  });
  return {
    url: server.url,
    port: server.clientPort,
    program,
    systemLogin,
    run: (stop) => keepRunning(server, { clock, note }, stop),
    close: () => server.stop(),
  };
}

async function keepRunning(
  server: RunningServer,
  { clock, note }: Pick<DevBrokerParts, "clock" | "note">,
  signal: AbortSignal,
): Promise<void> {
  const stopping = aborted(signal);
  try {
    while (!signal.aborted) {
      const exit = await Promise.race([server.exited, stopping]);
      if (!exit) break;
      const ending = exit.signal ? `was ended by ${exit.signal}` : `ended with exit code ${exit.code}`;
      note(`nats-server ${ending}; starting it again in ${RESTART_AFTER_MS / 1_000}s`);
      await sleep(clock, RESTART_AFTER_MS, signal);
      if (signal.aborted) break;
      await server.restart().then(
        () => note("nats-server is up again"),
        (error: unknown) => note(`nats-server did not start: ${messageOf(error)}`),
      );
    }
  } finally {
    await server.stop();
  }
}
