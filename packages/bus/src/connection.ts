import type { Clock, Logger, Service } from "@fleet/runtime";
import type { ConnectionConfig } from "./connection-options.ts";
import type { Headers, Message } from "./message.ts";
import type { SubscribeOptions, Subscription } from "./subscription.ts";

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

/** What the server refuses a login for want of a grant. */
export interface Denial {
  readonly operation: "publish" | "subscription";
  readonly subject: string;
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
  /**
   * Calls `listener` with everything that the server refuses, which is told some time after it was sent. The function
   * returned ends that.
   */
  onDenied(listener: (denial: Denial) => void): () => void;
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
  subscribe(subject: string, onMessage: (message: Message) => void, options?: SubscribeOptions): Subscription;
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
