import { isIP } from "node:net";
import type { ConnectionOptions as ClientOptions } from "nats";
import type { ConnectionConfig, Login } from "./connection-options.ts";
import { credsAuthenticator } from "./nats-client.ts";

/** One server to dial. */
export interface DialTarget {
  /** `host:port`. */
  readonly server: string;
  /** Host name that its certificate must bear. */
  readonly tlsHost: string;
}

/** What was asked for at this dial. */
export interface DialSecrets {
  readonly ca: string | undefined;
  readonly login: Login | undefined;
}

/** What the NATS client is told for one dial: it notices a dead connection in two pings, and leaves redialling to us. */
export function clientOptions(config: ConnectionConfig, target: DialTarget, { ca, login }: DialSecrets): ClientOptions {
  return {
    servers: [target.server],
    name: config.name,
    inboxPrefix: config.inboxPrefix,
    // Longer than our own, which also closes the socket.
    timeout: config.dialTimeoutMs + 1_000,
    pingInterval: config.pingIntervalMs,
    maxPingOut: 2,
    // The client's own redialling tells nobody why it fails, and piles up what is published meanwhile.
    reconnect: false,
    noAsyncTraces: true,
    ...loginOptions(config, login),
    ...(config.creds && { authenticator: credsAuthenticator(config.creds) }),
    ...(config.tls && { tls: tlsOptions(target.tlsHost, ca) }),
  };
}

function loginOptions(config: ConnectionConfig, login: Login | undefined): ClientOptions {
  if (login) return { user: login.user, pass: login.password };
  return {
    ...(config.user !== undefined && { user: config.user, pass: config.password ?? "" }),
    ...(config.token !== undefined && { token: config.token }),
  };
}

/** Without a name to hold it against, the certificate of a server dialled by address would have to be for `localhost`. */
function tlsOptions(host: string, ca: string | undefined): NonNullable<ClientOptions["tls"]> {
  const named = isIP(host) ? { host } : { servername: host };
  return { ...named, ...(ca !== undefined && { ca }) };
}
