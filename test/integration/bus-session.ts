import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RunningServer } from "@fleet/broker";
import { type Connection, type ConnectionOptions, createConnection, resolveConnectionOptions } from "@fleet/bus";
import { type Clock, systemClock } from "@fleet/runtime";
import { createRecordingLogger, type RecordingLogger } from "@fleet/runtime/testing";

/** A connection that runs, for one test: `await using session = startSession({ urls: [server.url] })`. */
export interface BusSession extends AsyncDisposable {
  readonly connection: Connection;
  readonly logger: RecordingLogger;
  /** Resolves when the service has ended. */
  readonly ended: Promise<void>;
  /** Tells it to stop and resolves when it has. */
  stop(): Promise<void>;
}

export interface SessionOptions extends Partial<ConnectionOptions> {
  readonly clock?: Clock;
  /** @default 0.1: waits are short */
  readonly random?: () => number;
  readonly failFast?: boolean;
}

/** Starts a connection and does not wait until it is connected. */
export function startSession(options: SessionOptions): BusSession {
  const { clock = systemClock, random = () => 0.1, failFast = false, ...connectionOptions } = options;
  const logger = createRecordingLogger();
  const config = resolveConnectionOptions({ name: "test", ...connectionOptions });
  const connection = createConnection({ config, clock, random, logger, failFast });
  const controller = new AbortController();
  const ended = connection.run(controller.signal);
  const stop = () => {
    controller.abort();
    return ended;
  };
  return { connection, logger, ended, stop, [Symbol.asyncDispose]: stop };
}

/** Starts a connection and waits until it is connected. */
export async function connectSession(options: SessionOptions): Promise<BusSession> {
  const session = startSession(options);
  await session.connection.connected(AbortSignal.timeout(10_000));
  if (session.connection.state === "connected") return session;
  await session.stop();
  throw session.connection.lastError ?? new Error("not connected within 10 s");
}

/** Checks what a connection has been through; how busy the machine was is left aside. */
export function assertCounted(connection: Connection, counts: { reconnects: number; disconnects: number }): void {
  const { reconnects, disconnects } = connection.counters;
  assert.deepEqual({ reconnects, disconnects }, counts);
}

const encoder = new TextEncoder();

/** One request to the JetStream API, its answer as it came: `askJetStream(connection, "STREAM.INFO.KV_facts")`. */
export async function askJetStream<Answer>(connection: Connection, verb: string, body?: unknown): Promise<Answer> {
  const payload = body === undefined ? new Uint8Array() : encoder.encode(JSON.stringify(body));
  const reply = await connection.request(`$JS.API.${verb}`, payload, { timeoutMs: 5_000 });
  return JSON.parse(new TextDecoder().decode(reply.payload)) as Answer;
}

/** Changes the settings of a server: they hold from its next start, or at once if it is told to reload them. */
export async function changeSettings(server: RunningServer, from: string, to: string): Promise<void> {
  const file = join(dirname(server.logFile), "nats-server.conf");
  const text = await readFile(file, "utf8");
  if (!text.includes(from)) throw new Error(`"${from}" is not in ${file}`);
  await writeFile(file, text.replace(from, to));
}

/** Makes a running server read its settings anew. */
export function reloadSettings(server: RunningServer): void {
  server.kill("SIGHUP");
}
