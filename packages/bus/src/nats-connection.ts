import {
  backoffDelayMs,
  type Clock,
  type FleetError,
  isFleetError,
  messageOf,
  sleep,
  withDeadline,
} from "@fleet/runtime";
import type { NatsConnection } from "nats";
import type { DialTarget } from "./client-options.ts";
import type {
  Connection,
  ConnectionCounters,
  ConnectionParts,
  ConnectionState,
  Denial,
  RequestOptions,
  ServerIdentity,
} from "./connection.ts";
import { type Dialled, dialAny } from "./dial.ts";
import { dialTargets, hostOf } from "./dial-targets.ts";
import { busErrors, fromClientError } from "./errors.ts";
import { createListeners } from "./listeners.ts";
import { encodeHeaders, type Headers, type Message, wrapMessage } from "./message.ts";
import { createInbox } from "./nats-client.ts";
import { watchForStalls } from "./stall-watch.ts";
import { createSubscription, type LiveSubscription, type SubscribeOptions, type Subscription } from "./subscription.ts";
import { untilAborted } from "./until-aborted.ts";
import { createWarn, type Warn } from "./warnings.ts";

/** Bounds of the delay before dialling again; the spread keeps a fleet from coming back in step. */
const REDIAL = { firstMs: 250, maxMs: 2_000 };
const REDIAL_REFUSED_LOGIN = { firstMs: 1_000, maxMs: 30_000 };
/** A connection that does not last this long counts as a failed attempt. */
const LASTING_MS = 2_000;
const DRAIN_MS = 2_000;

/** Creates a connection; it dials when run. */
export function createConnection(parts: ConnectionParts): Connection {
  return new NatsBackedConnection(parts);
}

class NatsBackedConnection implements Connection {
  readonly name = "nats";
  readonly #parts: ConnectionParts;
  readonly #stateListeners = createListeners<ConnectionState>();
  readonly #denialListeners = createListeners<Denial>();
  readonly #subscriptions = new Set<LiveSubscription>();
  /** Told when the connection is lost: calls that wait for an answer. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #warn: Warn;
  readonly #counters = { reconnects: 0, disconnects: 0, slowConsumers: 0 };
  #client: NatsConnection | undefined;
  #state: ConnectionState = "connecting";
  #lastError: FleetError | undefined;
  /** Servers of the cluster that the last one connected to knew of. */
  #discovered: readonly DialTarget[] = [];
  /** Set while this side closes the connection: losing it is then no news. */
  #stopping = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#warn = createWarn(parts.logger, parts.clock);
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
    return this.#stateListeners.add(listener);
  }

  onDenied(listener: (denial: Denial) => void): () => void {
    return this.#denialListeners.add(listener);
  }

  async connected(signal: AbortSignal): Promise<void> {
    if (this.#state === "connected") return;
    let stopListening = () => {};
    const connected = new Promise<void>((resolve) => {
      stopListening = this.onState((state) => {
        if (state === "connected") resolve();
      });
    });
    await untilAborted(connected, signal);
    stopListening();
  }

  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Message> {
    return this.#whileConnected(subject, async (client) => {
      const timeout = Math.max(1, options.timeoutMs);
      return wrapMessage(await client.request(subject, payload, { timeout, ...encodeHeaders(options.headers) }));
    });
  }

  publish(subject: string, payload: Uint8Array, options: { reply?: string; headers?: Headers } = {}): void {
    const { reply, headers } = options;
    try {
      // Most messages have no headers, and there can be hundreds of thousands a second: no object more than needed.
      const plain = reply === undefined ? {} : { reply };
      this.#liveClient(subject).publish(subject, payload, headers ? { ...plain, ...encodeHeaders(headers) } : plain);
    } catch (error) {
      throw fromClientError(error, subject);
    }
  }

  subscribe(subject: string, onMessage: (message: Message) => void, options: SubscribeOptions = {}): Subscription {
    const { clock, random, logger } = this.#parts;
    const subscription = createSubscription({ subject, ...options, onMessage, clock, random, logger }, () =>
      this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    if (this.#client) subscription.attach(this.#client);
    return subscription;
  }

  flush(timeoutMs: number): Promise<void> {
    const { clock } = this.#parts;
    return this.#whileConnected("flush", async (client) => {
      try {
        await withDeadline({ clock, timeoutMs, what: "flush" }, () => client.flush());
      } catch (error) {
        if (!isFleetError(error, "DEADLINE_EXCEEDED")) throw error;
        throw busErrors.create("TIMEOUT", "flush: no answer from the NATS server in time");
      }
    });
  }

  createInbox(): string {
    return createInbox(this.#parts.config.inboxPrefix);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, failFast } = this.#parts;
    const stopWatching = watchForStalls(clock, () => {
      if (this.#subscriptions.size > 0) this.#counters.slowConsumers += 1;
    });
    let failures = 0;
    while (!signal.aborted) {
      const dialled = await this.#dial(signal);
      if (dialled) {
        const connectedMono = clock.monoMs();
        await this.#live(dialled, signal);
        failures = clock.monoMs() - connectedMono < LASTING_MS ? failures + 1 : 0;
      } else {
        if (failFast) break;
        failures += 1;
      }
      const bounds = isFleetError(this.#lastError, "BROKER_REFUSED_LOGIN") ? REDIAL_REFUSED_LOGIN : REDIAL;
      await sleep(clock, backoffDelayMs(failures, bounds, random), signal);
    }
    stopWatching();
    this.#setState("closed");
    if (failFast && this.#lastError && !signal.aborted) throw this.#lastError;
  }

  /** One attempt at every server; when none can be connected to, keeps the reason and gives `undefined`. */
  async #dial(signal: AbortSignal): Promise<Dialled | undefined> {
    const { config, clock, random, failFast } = this.#parts;
    try {
      return await dialAny(dialTargets(config, this.#discovered, random), { config, clock, signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#lastError = error as FleetError;
      const { code, message } = this.#lastError;
      if (!failFast) this.#warn(code, "cannot connect to NATS; retrying", { urls: this.urls, error: message });
      return undefined;
    }
  }

  /** Lives with a connected client until it closes or `signal` aborts. */
  async #live(dialled: Dialled, signal: AbortSignal): Promise<void> {
    const { client } = dialled;
    this.#client = client;
    this.#learnServers(client);
    void this.#followStatus(dialled);
    for (const subscription of this.#subscriptions) subscription.attach(client);
    this.#becomeConnected();
    const reason = await untilAborted(client.closed(), signal);
    if (!client.isClosed()) await this.#close(dialled);
    this.#client = undefined;
    this.#becomeDisconnected(reason ?? undefined);
  }

  /** Keeps what the server says of its cluster, for when it is gone itself. */
  #learnServers(client: NatsConnection): void {
    const tlsHost = hostOf(client.getServer());
    this.#discovered = (client.info?.connect_urls ?? []).map((server) => ({ server, tlsHost }));
  }

  /** Lets what was sent reach the server and closes; a server that does not answer is not waited for long. */
  async #close({ client, cut }: Dialled): Promise<void> {
    const { clock } = this.#parts;
    this.#stopping = true;
    try {
      await withDeadline({ clock, timeoutMs: DRAIN_MS, what: "drain" }, () => client.drain());
    } catch {
      cut();
      await client.close();
    }
  }

  async #followStatus({ client, cut }: Dialled): Promise<void> {
    for await (const { type, data, permissionContext } of client.status() as AsyncIterable<StatusEvent>) {
      if (type === "update") {
        this.#learnServers(client);
      } else if (type === "staleConnection") {
        // The client would first wait until all that it wants to send is sent.
        cut();
      } else if (type === "error" && permissionContext) {
        const { operation, subject } = permissionContext;
        this.#denialListeners.tell(permissionContext);
        // A subscription reports its own refusal.
        if (operation === "subscription" && [...this.#subscriptions].some((own) => own.subject === subject)) continue;
        this.#warn("permission", "NATS permission denied: grant it to this login", { operation, subject });
      } else if (type === "error") {
        this.#warn("server", "NATS server reported an error", { error: data });
      }
    }
  }

  /** Runs `call` on the client and fails with `NOT_CONNECTED` as soon as the connection is lost. */
  async #whileConnected<T>(what: string, call: (client: NatsConnection) => Promise<T>): Promise<T> {
    const client = this.#liveClient(what);
    let lose = (_error: Error) => {};
    const lost = new Promise<never>((_resolve, reject) => {
      lose = reject;
    });
    this.#waiting.add(lose);
    try {
      return await Promise.race([call(client), lost]);
    } catch (error) {
      // Of calls that wait when it is closed the client says that they timed out.
      if (client.isClosed()) throw lostBeforeAnswer(what);
      throw fromClientError(error, what);
    } finally {
      this.#waiting.delete(lose);
    }
  }

  #becomeConnected(): void {
    const first = this.#state === "connecting";
    if (!first) this.#counters.reconnects += 1;
    this.#lastError = undefined;
    this.#setState("connected");
    this.#parts.logger.info(first ? "connected to NATS" : "reconnected to NATS", {
      server: this.#client?.getServer(),
      server_version: this.#client?.info?.version,
    });
  }

  #becomeDisconnected(reason: unknown): void {
    const why = reason === undefined ? "the connection was lost" : messageOf(reason);
    if (!this.#stopping) {
      this.#lastError = busErrors.create("BROKER_UNREACHABLE", `${this.urls.join(", ")}: ${why}`, reason);
      this.#counters.disconnects += 1;
      this.#parts.logger.warn("disconnected from NATS; reconnecting", { urls: this.urls, error: why });
    }
    this.#setState("disconnected");
    for (const lose of this.#waiting) lose(lostBeforeAnswer("NATS"));
  }

  #setState(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#stateListeners.tell(state);
  }

  #liveClient(what: string): NatsConnection {
    if (this.#state !== "connected" || !this.#client || this.#client.isClosed()) {
      throw busErrors.create("NOT_CONNECTED", `${what}: not connected to NATS`);
    }
    return this.#client;
  }
}

function lostBeforeAnswer(what: string): Error {
  return busErrors.create("NOT_CONNECTED", `${what}: the connection to NATS was lost before the answer came`);
}

interface StatusEvent {
  readonly type: string;
  readonly data: unknown;
  readonly permissionContext?: Denial;
}
