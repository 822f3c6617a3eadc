import { type Clock, formatDuration, isFleetError, sleep, systemClock } from "@fleet/runtime";
import { brokerErrors } from "./errors.ts";
import { askMonitorObject } from "./monitor.ts";
import { findFreePorts } from "./port.ts";
import { type RunningServer, type StartServerOptions, startServer } from "./server.ts";

export interface StartClusterOptions
  extends Omit<StartServerOptions, "port" | "monitorPort" | "storeDir" | "name" | "cluster"> {
  /** Number of servers. @default 3 */
  readonly size?: number | undefined;
  /** Name of the cluster; its servers are called `<name>-1` and so on. @default fleet */
  readonly name?: string | undefined;
}

/** Servers of one cluster, each with its own store. */
export interface RunningCluster {
  readonly name: string;
  readonly servers: readonly RunningServer[];
  /** URLs for clients, in the order of the servers. */
  readonly urls: readonly string[];
  /** Stops all servers at once. Calling it again does nothing. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An election takes up to some seconds, and on a busy machine it takes several elections. */
const DEFAULT_START_TIMEOUT_MS = 30_000;

const LOOK_EVERY_MS = 50;

const MAX_ATTEMPTS = 3;

/**
 * Starts a cluster and resolves when it can hold replicated streams: every server is healthy, all agree on a leader, and
 * the leader sees all others up to date. Takes under a second on an idle machine.
 *
 * Rejects like `startServer`; nothing is left running then.
 */
export async function startCluster(options: StartClusterOptions): Promise<RunningCluster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isFleetError(error, "PORT_IN_USE")) throw error;
    }
  }
}

async function startOnce(options: StartClusterOptions): Promise<RunningCluster> {
  const { size = 3, name = "fleet", signal: parent, clock = systemClock, ...rest } = options;
  const startTimeoutMs = options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS;
  // All ports at once, so that no server draws the one meant for another.
  const ports = await findFreePorts(size * 3);
  const routePorts = ports.slice(0, size);
  // One that cannot start must not leave the others waiting for it.
  const failure = new AbortController();
  const onAbort = () => failure.abort(parent?.reason);
  parent?.throwIfAborted();
  parent?.addEventListener("abort", onAbort, { once: true });

  const starts = routePorts.map(async (routePort, index) => {
    try {
      return await startServer({
        ...rest,
        clock,
        startTimeoutMs,
        signal: failure.signal,
        port: ports[size + index],
        monitorPort: ports[2 * size + index],
        name: `${name}-${index + 1}`,
        cluster: { name, routePort, routePorts },
      });
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  });
  const outcomes = await Promise.allSettled(starts);
  const servers = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  try {
    failure.signal.throwIfAborted();
    await untilFormed(servers, startTimeoutMs, clock, failure.signal);
  } catch (error) {
    await stopAll(servers);
    throw error;
  } finally {
    parent?.removeEventListener("abort", onAbort);
  }
  const stop = () => stopAll(servers);
  return { name, servers, urls: servers.map((server) => server.url), stop, [Symbol.asyncDispose]: stop };
}

async function stopAll(servers: readonly RunningServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}

async function untilFormed(
  servers: readonly RunningServer[],
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const untilMono = clock.monoMs() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const views = await Promise.all(servers.map((server) => askMonitorObject(clock, `${server.monitorUrl}/jsz`)));
    if (isClusterFormed(views)) return;
    if (clock.monoMs() >= untilMono) {
      const message = `the cluster has not formed after ${formatDuration(timeoutMs)}`;
      throw brokerErrors.create("SERVER_START_FAILED", message);
    }
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
}

/** What `/jsz` says about the group of servers that keeps JetStream's own state. */
interface MetaCluster {
  readonly leader?: string;
  readonly cluster_size?: number;
  /** Said by the leader only. */
  readonly replicas?: readonly { readonly current?: boolean; readonly offline?: boolean }[];
}

/** Whether these `/jsz` answers, one of each server, are those of a whole cluster that agrees on its leader. */
export function isClusterFormed(answers: readonly (Record<string, unknown> | undefined)[]): boolean {
  const views = answers.map((answer) => (answer?.["meta_cluster"] ?? {}) as MetaCluster);
  const leader = views[0]?.leader;
  if (!leader || !views.every((view) => view.leader === leader && view.cluster_size === answers.length)) return false;
  return views.some((view) => {
    const ready = view.replicas?.filter((replica) => replica.current === true && replica.offline !== true) ?? [];
    return ready.length === answers.length - 1;
  });
}
