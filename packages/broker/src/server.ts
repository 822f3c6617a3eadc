import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve as resolvePath } from "node:path";
import { type Clock, isFleetError, systemClock } from "@fleet/runtime";
import { brokerErrors } from "./errors.ts";
import type { Guardian } from "./guardian.ts";
import { findFreePort, isPortFree, LOOPBACK } from "./port.ts";
import { type ClusterConfig, renderServerConfig } from "./server-config.ts";
import { type LaunchOptions, launchServer, type ServerExit, type ServerProcess } from "./server-process.ts";

export interface StartServerOptions {
  /** The program, as `resolveServer` found it. */
  readonly path: string;
  /** Client port; taken means `PORT_IN_USE`. @default a free one */
  readonly port?: number | undefined;
  /** Monitoring port; taken means `PORT_IN_USE`. @default a free one */
  readonly monitorPort?: number | undefined;
  /** Folder of JetStream's files, made when missing and kept. @default a temporary one, removed by `stop` */
  readonly storeDir?: string | undefined;
  /** Server name. @default fleet-<client port> */
  readonly name?: string | undefined;
  /** More settings in nats-server's own language, such as accounts; a setting given again wins. */
  readonly config?: string | undefined;
  /** The environment of its process. @default this one's */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Makes the server one of a cluster; `startCluster` does this. It is healthy once a majority is there. */
  readonly cluster?: ClusterConfig | undefined;
  /** Ends the server and removes its temporary folder if this process is killed. */
  readonly guardian?: Guardian | undefined;
  /** Time until it is healthy. @default 10_000; a large store takes longer */
  readonly startTimeoutMs?: number | undefined;
  /** Time to stop in order before it is killed. @default 10_000 */
  readonly stopTimeoutMs?: number | undefined;
  /** Where temporary folders are made. @default the system's */
  readonly tempDir?: string | undefined;
  /** Ends a start that is under way; the error is its reason. It does not stop a server that runs. */
  readonly signal?: AbortSignal | undefined;
  /** @default the system's clock */
  readonly clock?: Clock | undefined;
}

/** A nats-server with JetStream on loopback. Its ports and its store stay the same over restarts. */
export interface RunningServer {
  readonly name: string;
  /** For clients: `nats://127.0.0.1:4222`. */
  readonly url: string;
  readonly clientPort: number;
  /** For monitoring: `http://127.0.0.1:8222`. */
  readonly monitorUrl: string;
  readonly monitorPort: number;
  readonly storeDir: string;
  /** File with everything the server printed, over all its lives; removed by `stop`. */
  readonly logFile: string;
  /** Process id of its present or last life. */
  readonly pid: number;
  /** The end of its present or last life. */
  readonly exited: Promise<ServerExit>;
  /** Sends a signal. @default SIGKILL */
  kill(signal?: NodeJS.Signals): void;
  /**
   * Starts it again, after stopping it in order if it still runs. Rejects like `startServer`; it may then be called again.
   */
  restart(): Promise<void>;
  /** Stops it, in order and else by force, and removes what is temporary. Calling it again does nothing. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const DEFAULT_START_TIMEOUT_MS = 10_000;
const DEFAULT_STOP_TIMEOUT_MS = 10_000;

/** How often other random ports are tried when somebody took one between the look and the start. */
const MAX_ATTEMPTS = 3;

/**
 * Starts a server and resolves when it is healthy, JetStream included: some 40 ms for an empty store.
 *
 * Rejects with `PORT_IN_USE` naming the port, with `SERVER_START_FAILED` and the end of the server's log, or with the
 * abort reason of `signal`. Nothing temporary is left then.
 */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const { port, monitorPort, cluster } = options;
  for (const given of [port, monitorPort, cluster?.routePort]) {
    if (given !== undefined && !(await isPortFree(given))) {
      throw brokerErrors.create("PORT_IN_USE", `port ${given} is taken by another program`);
    }
  }
  for (let attempt = 1; ; attempt += 1) {
    const clientPort = port ?? (await findFreePort());
    const ports = {
      clientPort,
      monitorPort: monitorPort ?? (await findFreePort({ exclude: new Set([clientPort]) })),
    };
    try {
      return await startOnPorts(options, ports);
    } catch (error) {
      const drawn = port === undefined || monitorPort === undefined;
      if (!drawn || attempt === MAX_ATTEMPTS || !isFleetError(error, "PORT_IN_USE")) throw error;
    }
  }
}

interface ServerPorts {
  readonly clientPort: number;
  readonly monitorPort: number;
}

async function startOnPorts(options: StartServerOptions, ports: ServerPorts): Promise<RunningServer> {
  const { guardian, tempDir = tmpdir() } = options;
  const folder = await mkdtemp(join(resolvePath(tempDir), "fleet-nats-"));
  guardian?.guardFolder(folder);
  const discard = async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    guardian?.releaseFolder(folder);
  };
  try {
    const storeDir = options.storeDir === undefined ? join(folder, "store") : resolvePath(options.storeDir);
    await mkdir(storeDir, { recursive: true });
    const name = options.name ?? `fleet-${ports.clientPort}`;
    const { cluster, config: extra } = options;
    const [configFile, portsFolder] = [join(folder, "nats-server.conf"), join(folder, "ports")];
    const config = renderServerConfig({ name, ...ports, storeDir, portsFolder, cluster, extra });
    // The settings may hold passwords.
    await writeFile(configFile, config, { mode: 0o600 });
    const launch: LaunchOptions = {
      program: options.path,
      environment: options.environment,
      configFile,
      logFile: join(folder, "nats-server.log"),
      portsFolder,
      monitorUrl: `http://${LOOPBACK}:${ports.monitorPort}`,
      startTimeoutMs: options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS,
      clock: options.clock ?? systemClock,
      guardian,
      signal: options.signal,
    };
    const stopTimeoutMs = options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS;
    const process = await launchServer(launch);
    return createHandle({ name, ports, storeDir, launch, stopTimeoutMs, process, discard });
  } catch (error) {
    await discard();
    throw error;
  }
}

interface HandleParts {
  readonly name: string;
  readonly ports: ServerPorts;
  readonly storeDir: string;
  readonly launch: LaunchOptions;
  readonly stopTimeoutMs: number;
  /** Its first life. */
  readonly process: ServerProcess;
  discard(): Promise<void>;
}

function createHandle(parts: HandleParts): RunningServer {
  const { name, ports, storeDir, launch, stopTimeoutMs } = parts;
  let current = parts.process;
  let restarting: Promise<void> = Promise.resolve();
  let stopping: Promise<void> | undefined;

  const stop = () => {
    stopping ??= (async () => {
      await restarting.catch(() => {});
      await current.end(stopTimeoutMs);
      await parts.discard();
    })();
    return stopping;
  };
  return {
    name,
    url: `nats://${LOOPBACK}:${ports.clientPort}`,
    ...ports,
    monitorUrl: launch.monitorUrl,
    storeDir,
    logFile: launch.logFile,
    get pid() {
      return current.pid;
    },
    get exited() {
      return current.exited;
    },
    kill: (signal = "SIGKILL") => current.kill(signal),
    restart() {
      if (stopping) return Promise.reject(brokerErrors.create("SERVER_START_FAILED", `${name} has been stopped`));
      restarting = restarting
        .catch(() => {})
        .then(async () => {
          await current.end(stopTimeoutMs);
          current = await launchServer(launch);
        });
      return restarting;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
