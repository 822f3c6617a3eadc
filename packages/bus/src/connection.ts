import {
  aborted,
  backoffDelayMs,
  type Clock,
  createThrottle,
  isFleetError,
  type Logger,
  messageOf,
  type Service,
  sleep,
} from "@fleet/runtime";
import { connect, createInbox, type NatsConnection } from "nats";
import { clientOptions, REDIAL } from "./client-options.ts";
import type { ConnectionConfig } from "./connection-options.ts";
import { busErrors, fromClientError } from "./errors.ts";
import { encodeHeaders, type Headers, type Message, wrapMessage } from "./message.ts";
import { watchForStalls } from "./stall-watch.ts";
import { createSubscription, type LiveSubscription, type Subscription } from "./subscription.ts";

/** `connecting` until the first connect; `closed` once the service has ended. */
export type ConnectionState = "connecting" | "connected" | "disconnected" | "closed";

/** What the connection has been through. */
export interface ConnectionCounters {
  /** Connections made after the first. */
  readonly reconnects: number;
  /** Connections lost. */
  readonly disconnects: number;
  /**
   * Times this process fell more than a second behind in reading: its subscriptions are handled as they arrive, so a
   * stalled event loop is what makes it a slow consumer.
   */
  readonly slowConsumers: number;
}

/** The server at the other end. */
export interface ServerIdentity {
  /** Changes at every start of a server. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Whether it is part of a cluster. */
  readonly clustered: boolean;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly headers?: Headers;
}

/**
 * A connection to NATS that comes up when it can and never gives up: {@link Service.run} keeps it, and nothing is sent
 * or piled up while it is down: `publish` and `request` fail at once with `NOT_CONNECTED`.
 */
export interface Connection extends Service {
  readonly state: ConnectionState;
  /** The URLs in use, without credentials. */
  readonly urls: readonly string[];
  /** The server connected to; `undefined` while there is none. */
  readonly server: ServerIdentity | undefined;
  readonly counters: ConnectionCounters;
  /** The clock its deadlines run on. */
  readonly clock: Clock;
  /** Why the last attempt to connect failed; `undefined` while connected. */
  readonly lastError: Error | undefined;
  /** Calls `listener` at every change of {@link Connection.state}. The function returned ends that. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Resolves when connected, or when `signal` aborts. */
  connected(signal: AbortSignal): Promise<void>;
  /**
   * Sends a request and resolves with the reply. Fails with `NOT_CONNECTED`, `TIMEOUT`, `UNAVAILABLE` (nobody listens)
   * or `PERMISSION_DENIED`; a connection lost while waiting is `NOT_CONNECTED` at once.
   */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Message>;
  /** Sends a message that wants no answer. Throws `NOT_CONNECTED`. */
  publish(subject: string, payload: Uint8Array, options?: { reply?: string; headers?: Headers }): void;
  /**
   * Listens to a subject on this and every later connection, until closed. A refused subscription is reported in the
   * log with its subject and tried again.
   */
  subscribe(subject: string, onMessage: (message: Message) => void): Subscription;
  /** Resolves when the server has taken in all that was sent: subscriptions made before are then in force. */
  flush(timeoutMs: number): Promise<void>;
  /** A fresh subject for replies to this connection. */
  createInbox(): string;
}

export interface ConnectionParts {
  readonly config: ConnectionConfig;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** End with the first failure to connect, for commands that somebody waits for. @default false */
  readonly failFast?: boolean;
}

const REFUSED_LOGIN = { firstMs: 1_000, maxMs: 30_000 };
const DRAIN_MS = 2_000;

/** Creates a connection; it dials when run. */
export function createConnection(parts: ConnectionParts): Connection {
  return new NatsBackedConnection(parts);
}

class NatsBackedConnection implements Connection {
  readonly name = "nats";
  readonly #parts: ConnectionParts;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #subscriptions = new Set<LiveSubscription>();
  /** Told when the connection is lost: requests that wait for an answer. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #warnThrottle: ReturnType<typeof createThrottle>;
  readonly #counters = { reconnects: 0, disconnects: 0, slowConsumers: 0 };
  #client: NatsConnection | undefined;
  #state: ConnectionState = "connecting";
  #lastError: Error | undefined;
  /** Set while this side closes the connection: losing it is then no news. */
  #stopping = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#warnThrottle = createThrottle(parts.clock, 60_000);
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get urls(): readonly string[] {
    return this.#parts.config.shownUrls;
  }

  get counters(): ConnectionCounters {
    return this.#counters;
  }

  get lastError(): Error | undefined {
    return this.#lastError;
  }

  get server(): ServerIdentity | undefined {
    const info = this.#state === "connected" ? this.#client?.info : undefined;
    if (!info) return undefined;
    return { id: info.server_id, name: info.server_name, version: info.version, clustered: info.cluster !== undefined };
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async connected(signal: AbortSignal): Promise<void> {
    if (this.#state === "connected" || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const settle = () => {
        stopListening();
        signal.removeEventListener("abort", settle);
        resolve();
      };
      const stopListening = this.onState((state) => {
        if (state === "connected") settle();
      });
      signal.addEventListener("abort", settle, { once: true });
    });
  }

  async request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Message> {
    const client = this.#liveClient(subject);
    const timeout = Math.max(1, options.timeoutMs);
    let lose = (_error: Error) => {};
    const lost = new Promise<never>((_resolve, reject) => {
      lose = reject;
    });
    this.#waiting.add(lose);
    try {
      const reply = client.request(subject, payload, { timeout, ...encodeHeaders(options.headers) });
      reply.catch(() => {});
      return wrapMessage(await Promise.race([reply, lost]));
    } catch (error) {
      throw fromClientError(error, subject);
    } finally {
      this.#waiting.delete(lose);
    }
  }

  publish(subject: string, payload: Uint8Array, options: { reply?: string; headers?: Headers } = {}): void {
    const { reply, headers } = options;
    try {
      this.#liveClient(subject).publish(subject, payload, { ...(reply && { reply }), ...encodeHeaders(headers) });
    } catch (error) {
      throw fromClientError(error, subject);
    }
  }

  subscribe(subject: string, onMessage: (message: Message) => void): Subscription {
    const { clock, random, logger } = this.#parts;
    const subscription = createSubscription({ subject, onMessage, clock, random, logger }, () =>
      this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    if (this.#client && this.#state !== "closed") subscription.attach(this.#client);
    return subscription;
  }

  async flush(timeoutMs: number): Promise<void> {
    const client = this.#liveClient("flush");
    const flushed = client.flush();
    flushed.catch(() => {});
    const timeout = new AbortController();
    const late = sleep(this.#parts.clock, timeoutMs, timeout.signal).then(() => {
      if (!timeout.signal.aborted) throw busErrors.create("TIMEOUT", "flush: no answer from the NATS server in time");
    });
    late.catch(() => {});
    try {
      await Promise.race([flushed, late]);
    } catch (error) {
      throw fromClientError(error, "flush");
    } finally {
      timeout.abort();
    }
  }

  createInbox(): string {
    return createInbox(this.#parts.config.inboxPrefix);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#parts;
    const stopWatching = watchForStalls(clock, () => {
      if (this.#subscriptions.size > 0) this.#counters.slowConsumers += 1;
    });
    let failures = 0;
    while (!signal.aborted) {
      const client = await this.#dial(signal);
      if (client) {
        failures = 0;
        await this.#live(client, signal);
      } else if (!signal.aborted) {
        if (this.#parts.failFast) break;
        failures += 1;
        this.#setState(this.#state === "connecting" ? "connecting" : "disconnected");
        this.#warnThrottle.run((heldBack) =>
          logger.warn("cannot connect to NATS; retrying", {
            urls: this.urls,
            error: this.#lastError?.message,
            ...(heldBack > 0 && { more_attempts: heldBack }),
          }),
        );
      }
      if (signal.aborted) break;
      const bounds = isFleetError(this.#lastError, "BROKER_REFUSED_LOGIN") ? REFUSED_LOGIN : REDIAL;
      await sleep(clock, backoffDelayMs(failures, bounds, random), signal);
    }
    stopWatching();
    this.#setState("closed");
    if (this.#parts.failFast && this.#lastError && !signal.aborted) throw this.#lastError;
  }

  /** One attempt at every server; on failure keeps the reason and gives `undefined`. */
  async #dial(signal: AbortSignal): Promise<NatsConnection | undefined> {
    const attempt = connect(clientOptions(this.#parts.config, this.#parts.random));
    try {
      const client = await Promise.race([attempt, aborted(signal)]);
      if (client) return client;
      attempt.then((late) => late.close()).catch(() => {});
    } catch (error) {
      this.#lastError = fromClientError(error, this.urls.join(", "));
    }
    return undefined;
  }

  /** Lives with an established client until it closes or `signal` aborts. */
  async #live(client: NatsConnection, signal: AbortSignal): Promise<void> {
    const { logger } = this.#parts;
    this.#client = client;
    void this.#followStatus(client);
    for (const subscription of this.#subscriptions) subscription.attach(client);
    this.#becomeConnected();
    const closed = client.closed();
    const reason = await Promise.race([closed, aborted(signal)]);
    if (!client.isClosed()) {
      this.#stopping = true;
      const drained = this.#state === "connected" ? client.drain() : client.close();
      await Promise.race([drained.catch(() => {}), sleep(this.#parts.clock, DRAIN_MS, undefined)]);
      if (!client.isClosed()) await client.close().catch(() => {});
    } else {
      this.#lastError = reason ? fromClientError(reason, this.urls.join(", ")) : undefined;
      logger.warn("NATS connection closed", { error: messageOf(reason ?? "no reason given") });
    }
    this.#client = undefined;
    this.#becomeDisconnected();
  }

  async #followStatus(client: NatsConnection): Promise<void> {
    const { logger } = this.#parts;
    for await (const { type, data, permissionContext } of client.status() as AsyncIterable<StatusEvent>) {
      if (client !== this.#client) return;
      if (type === "disconnect") this.#becomeDisconnected();
      else if (type === "reconnect") this.#becomeConnected();
      else if (type === "error" && permissionContext) {
        this.#warnThrottle.run(() =>
          logger.warn("NATS permission denied: grant it to this login", {
            operation: permissionContext.operation,
            subject: permissionContext.subject,
          }),
        );
      } else if (type === "error") {
        this.#warnThrottle.run(() => logger.warn("NATS server reported an error", { error: data }));
      }
    }
  }

  #becomeConnected(): void {
    if (this.#state === "connected") return;
    const first = this.#state === "connecting";
    if (!first) this.#counters.reconnects += 1;
    this.#lastError = undefined;
    this.#setState("connected");
    this.#parts.logger.info(first ? "connected to NATS" : "reconnected to NATS", {
      server: this.#client?.getServer(),
      server_version: this.#client?.info?.version,
    });
  }

  #becomeDisconnected(): void {
    if (this.#state !== "connected") return;
    this.#setState("disconnected");
    if (!this.#stopping) {
      this.#counters.disconnects += 1;
      this.#parts.logger.warn("disconnected from NATS; reconnecting", { urls: this.urls });
    }
    const error = busErrors.create("NOT_CONNECTED", "the connection to NATS was lost before the answer came");
    for (const lose of this.#waiting) lose(error);
  }

  #setState(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  #liveClient(what: string): NatsConnection {
    if (this.#state !== "connected" || !this.#client) {
      throw busErrors.create("NOT_CONNECTED", `${what}: not connected to NATS`);
    }
    return this.#client;
  }
}

interface StatusEvent {
  readonly type: string;
  readonly data: unknown;
  readonly permissionContext?: { readonly operation: string; readonly subject: string };
}
