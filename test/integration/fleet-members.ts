import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Guardian, startGuardian } from "@fleet/broker";
import { createMaster, type MasterOptions, resolveMasterOptions } from "@fleet/master";
import { createPeel, type PeelOptions, resolvePeelOptions } from "@fleet/peel";
import { createSessionId, type Service, systemClock } from "@fleet/runtime";
import { createRecordingLogger, eventually, type RecordingLogger } from "@fleet/runtime/testing";
import { encodeHeartbeat, type Heartbeat } from "@fleet/wire";

/** A TTL that a test can wait for, and beats well within it also on a busy machine. */
export const QUICK = { heartbeatInterval: "800ms", heartbeatTtl: "3s" } as const;
export const QUICK_TTL_MS = 3_000;

/** For what takes a second or two, and a multiple of that on a busy machine; below the default TTL of 30 s. */
export const PATIENT = { timeoutMs: 20_000 };

/** A peel or master that runs in this process. */
export interface FleetMember extends AsyncDisposable {
  readonly logger: RecordingLogger;
  /** Where its operations server listens: `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Tells it to stop, as SIGTERM does, and resolves when it has ended; rejects if it failed. */
  stop(): Promise<void>;
}

const VERSION = "1.2.3-test";

/** Starts a master that counts every half second; resolves when its operations server listens. */
export function startMaster(natsUrl: string, options: MasterOptions = {}): Promise<FleetMember> {
  const config = resolveMasterOptions({
    natsUrl: [natsUrl],
    healthAddr: "127.0.0.1:0",
    countInterval: "500ms",
    ...options,
  });
  const parts = { config, version: VERSION, clock: systemClock, random: Math.random };
  return run((logger) => createMaster({ ...parts, logger }));
}

/** Starts a peel; resolves when its operations server listens. */
export function startPeel(natsUrl: string, id: string, options: PeelOptions = {}): Promise<FleetMember> {
  const config = resolvePeelOptions({ id, natsUrl: [natsUrl], healthAddr: "127.0.0.1:0", ...options });
  const parts = { config, version: VERSION, session: createSessionId(), clock: systemClock, random: Math.random };
  return run((logger) => createPeel({ ...parts, logger }));
}

async function run(create: (logger: RecordingLogger) => Service): Promise<FleetMember> {
  const logger = createRecordingLogger();
  const controller = new AbortController();
  const ended = create(logger).run(controller.signal);
  ended.catch(() => {});
  const stop = () => {
    controller.abort();
    return ended;
  };
  const address = await eventually(() => {
    const line = logger.lines.find(({ message }) => message === "operations server listening");
    if (!line) throw new Error("the operations server does not listen");
    return line.fields["address"];
  }, PATIENT);
  return { logger, url: `http://${address}`, stop, [Symbol.asyncDispose]: stop };
}

/** One check of `/readyz`, as its status and its message. */
export async function checkOf(member: FleetMember, check: string): Promise<{ status: string; message?: string }> {
  const response = await fetch(`${member.url}/readyz/${check}`);
  const { status, message } = (await response.json()) as { status: string; message?: string };
  return { status, ...(message !== undefined && { message }) };
}

/** The value of one time series, `peel_heartbeats_total{result="ok"}` or the like; `undefined` while it is absent. */
export async function metricOf(member: FleetMember, series: string): Promise<number | undefined> {
  const body = await (await fetch(`${member.url}/metrics`)).text();
  const line = body.split("\n").find((text) => text.startsWith(`fleet_${series} `));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ")));
}

/** Waits until a master's gauge says so. */
export async function assertConnected(master: FleetMember, peels: number): Promise<void> {
  await eventually(async () => assert.equal(await metricOf(master, "connected_peels"), peels), PATIENT);
}

/** Waits until a check has this status. */
export async function assertCheck(member: FleetMember, check: string, status: string): Promise<void> {
  await eventually(async () => assert.equal((await checkOf(member, check)).status, status, check), PATIENT);
}

/** What a member has warned of: messages with their fields as text. */
export function warningsOf({ logger }: FleetMember): string[] {
  return logger.lines
    .filter(({ level }) => level === "warn" || level === "error")
    .map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`);
}

/** The bytes of a beat. */
export function beat(changes: Partial<Heartbeat> = {}): Uint8Array {
  return encodeHeartbeat({ sentAt: Date.now(), version: VERSION, protocol: 1, ...changes });
}

/** `fleet peel run` in a process of its own. */
export interface PeelProcess extends AsyncDisposable {
  /** Sends a signal that it survives. */
  send(signal: NodeJS.Signals): void;
  /** Sends a signal and resolves with how the process ended. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const PROGRAM = fileURLToPath(new URL("../../../packages/cli/bin/fleet.js", import.meta.url));

let guardian: Promise<Guardian> | undefined;

/** Starts a process; it does not outlive this one. */
export async function spawnPeel(natsUrl: string, id: string, options: Record<string, string>): Promise<PeelProcess> {
  guardian ??= startGuardian();
  const { guard, release } = await guardian;
  const flags = { id, "nats-url": natsUrl, "health-addr": "127.0.0.1:0", ...options };
  const parameters = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, "peel", "run", ...parameters], { stdio: "ignore" });
  const exited = once(child, "exit");
  const { pid } = child;
  if (pid === undefined) throw new Error("the peel cannot be started");
  guard(pid);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code, by] = await exited;
    release(pid);
    return { code, signal: by };
  };
  return {
    end,
    send: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await end("SIGKILL");
    },
  };
}
