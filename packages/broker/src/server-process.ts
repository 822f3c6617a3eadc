import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { type Clock, formatDuration, messageOf, sleep } from "@fleet/runtime";
import { brokerErrors } from "./errors.ts";
import type { Guardian } from "./guardian.ts";
import { askMonitor } from "./monitor.ts";

/** How a process ended: one of the two is not null. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One life of a server. */
export interface ServerProcess {
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  /** Sends a signal; does nothing once the process has ended. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL after the time given. Resolves when the process has ended. */
  end(timeoutMs: number): Promise<ServerExit>;
}

export interface LaunchOptions {
  readonly program: string;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly configFile: string;
  /** Everything the server prints is added to it. */
  readonly logFile: string;
  /** As in the configuration; made anew. */
  readonly portsFolder: string;
  readonly monitorUrl: string;
  readonly startTimeoutMs: number;
  readonly clock: Clock;
  readonly guardian?: Guardian | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How often a starting server is looked at; it is up after some 30 ms. */
const LOOK_EVERY_MS = 20;

/** Lines of the log that go into an error. */
const TAIL_LINES = 12;

/**
 * Starts a server in a session of its own, so that Ctrl-C on the terminal does not reach it, and waits until it listens
 * and is healthy, JetStream included.
 *
 * Rejects with `PORT_IN_USE`, with `SERVER_START_FAILED` and the end of the log, or with the abort reason of `signal`; the
 * process has then ended.
 */
export async function launchServer(options: LaunchOptions): Promise<ServerProcess> {
  await rm(options.portsFolder, { recursive: true, force: true });
  await mkdir(options.portsFolder);
  const log = await open(options.logFile, "a");
  let server: ServerProcess;
  try {
    server = await startProcess(options, log.fd);
  } finally {
    await log.close();
  }
  try {
    await untilHealthy(server, options);
    return server;
  } catch (error) {
    server.kill("SIGKILL");
    await server.exited;
    throw error;
  }
}

/** The last lines a server printed, each on a line of its own. */
export async function readLogTail(logFile: string): Promise<string> {
  const text = await readFile(logFile, "utf8").catch(() => "");
  const lines = text.trimEnd().split("\n").slice(-TAIL_LINES);
  return lines.map((line) => `\n  ${line}`).join("");
}

/** Everything is listened for before anything is awaited: a server that cannot start may be gone at once. */
async function startProcess(options: LaunchOptions, logFd: number): Promise<ServerProcess> {
  const { clock, guardian } = options;
  const child = spawn(options.program, ["-c", options.configFile], {
    cwd: "/",
    env: options.environment,
    detached: true,
    stdio: ["ignore", logFd, logFd],
  });
  const { pid } = child;
  if (pid === undefined) {
    const [error] = await once(child, "error");
    const message = `${options.program} cannot be run: ${messageOf(error)}`;
    throw brokerErrors.create("SERVER_START_FAILED", message, error);
  }
  guardian?.guard(pid);
  const exited = new Promise<ServerExit>((resolve) => {
    child.once("exit", (code, signal) => {
      guardian?.release(pid);
      resolve({ code, signal });
    });
  });
  const kill = (signal: NodeJS.Signals) => {
    child.kill(signal);
  };
  return {
    pid,
    exited,
    kill,
    async end(timeoutMs) {
      kill("SIGTERM");
      // One that a test has stopped would never see it.
      kill("SIGCONT");
      const cancel = clock.setTimer(timeoutMs, () => kill("SIGKILL"));
      const exit = await exited;
      cancel();
      return exit;
    },
  };
}

async function untilHealthy(server: ServerProcess, options: LaunchOptions): Promise<void> {
  const { clock, signal, startTimeoutMs, logFile, portsFolder, monitorUrl } = options;
  let exit: ServerExit | undefined;
  server.exited.then((value) => {
    exit = value;
  });
  const untilMono = clock.monoMs() + startTimeoutMs;
  let lastAnswer = "it does not listen yet";
  for (;;) {
    signal?.throwIfAborted();
    if (exit) throw await endedEarly(exit, logFile);
    // The ports file comes first: it alone proves that it is this process that answers on the monitoring port.
    if (await hasPortsFile(portsFolder, server.pid)) {
      const answer = await askMonitor(clock, `${monitorUrl}/healthz`);
      if (answer?.status === 200) return;
      if (answer) lastAnswer = answer.body.trim();
    }
    if (clock.monoMs() >= untilMono) {
      const message = `nats-server is not healthy after ${formatDuration(startTimeoutMs)} (${lastAnswer})`;
      throw brokerErrors.create("SERVER_START_FAILED", `${message}; its log ends with:${await readLogTail(logFile)}`);
    }
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
}

/** Ports files are called `<program>_<pid>.ports`. */
async function hasPortsFile(folder: string, pid: number): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => name.endsWith(`_${pid}.ports`));
}

async function endedEarly(exit: ServerExit, logFile: string): Promise<Error> {
  const tail = await readLogTail(logFile);
  const taken = /127\.0\.0\.1:(\d+): (?:bind|listen): address already in use/.exec(tail)?.[1];
  if (taken !== undefined) return brokerErrors.create("PORT_IN_USE", `port ${taken} is taken by another program`);
  const ending = exit.signal ?? `exit code ${exit.code}`;
  return brokerErrors.create("SERVER_START_FAILED", `nats-server ended with ${ending}; its log ends with:${tail}`);
}
