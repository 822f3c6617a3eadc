import { type ConnectionOptions as ClientOptions, credsAuthenticator } from "nats";
import type { ConnectionConfig } from "./connection-options.ts";

/** Bounds of the delay before dialling again. */
export const REDIAL = { firstMs: 250, maxMs: 2_000 } as const;

/** What the NATS client is told: never give up, notice a dead connection in two pings, keep replies private. */
export function clientOptions(config: ConnectionConfig, random: () => number): ClientOptions {
  return {
    servers: [...config.servers],
    name: config.name,
    inboxPrefix: config.inboxPrefix,
    timeout: config.dialTimeoutMs,
    pingInterval: config.pingIntervalMs,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    // The client redials at once and waits this long between further attempts; the spread keeps a fleet from coming
    // back in step.
    reconnectDelayHandler: () => REDIAL.firstMs + random() * (REDIAL.maxMs - REDIAL.firstMs),
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    ...(config.user !== undefined && { user: config.user, pass: config.password ?? "" }),
    ...(config.token !== undefined && { token: config.token }),
    ...(config.creds && { authenticator: credsAuthenticator(config.creds) }),
    ...(config.tls && { tls: config.caFile ? { caFile: config.caFile } : {} }),
  };
}
