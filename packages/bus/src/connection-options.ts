import { type Duration, durationOption, resolveOptions } from "@fleet/runtime";
import * as z from "zod";

/** A user and the password to it. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** How to reach NATS. */
export interface ConnectionOptions {
  /**
   * Servers of one cluster, tried in any order: `nats://host:port`, or `tls://host:port` for TLS. Credentials may stand in
   * the first (`nats://user:password@host`, `nats://token@host`).
   * @default ["nats://127.0.0.1:4222"]
   */
  readonly urls?: readonly string[];
  /** Name of the connection as the server shows it. */
  readonly name: string;
  /** First token of the subjects that replies come back on, so that a grant can keep them private. @default "_INBOX" */
  readonly inboxPrefix?: string;
  /** Contents of a `.creds` file, asked for at each attempt to log in. */
  readonly creds?: () => Uint8Array;
  /** User and password, asked for at each dial; credentials in the URLs are then left aside. */
  readonly login?: () => Login;
  /** Certificate authorities that the server's certificate is checked against, in PEM; asked for at each dial. @default Node's own */
  readonly ca?: () => string;
  /** Longest time one server may take to accept a connection. @default "3s" */
  readonly dialTimeout?: Duration;
  /** Time between pings on an idle connection; two unanswered ones end it. @default "10s" */
  readonly pingInterval?: Duration;
}

/** {@link ConnectionOptions}, resolved. */
export interface ConnectionConfig {
  /** `host:port` of each server. */
  readonly servers: readonly string[];
  /** The URLs as given, without credentials: safe to show. */
  readonly shownUrls: readonly string[];
  readonly name: string;
  readonly inboxPrefix: string;
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly creds: (() => Uint8Array) | undefined;
  readonly login: (() => Login) | undefined;
  readonly ca: (() => string) | undefined;
  readonly dialTimeoutMs: number;
  readonly pingIntervalMs: number;
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_][a-z0-9_.-]*)$/i;
const URL_RULE = "write nats://host:port or tls://host:port";

/** A schema for one NATS URL as an option; the value stays as written. */
export function natsUrlOption(): z.ZodType<string, string> {
  return z.string().superRefine((text, context) => {
    const url = parseNatsUrl(text);
    if (typeof url === "string") context.addIssue({ code: "custom", message: url });
  });
}

/** A schema for the NATS URLs of one connection as an option, with the default; the values stay as written. */
export function natsUrlsOption(): z.ZodDefault<z.ZodArray<z.ZodType<string, string>>> {
  return z
    .array(natsUrlOption())
    .min(1, { error: `no server given; ${URL_RULE}` })
    .superRefine((texts, context) => {
      const [first, ...others] = texts.map(credentialsOf);
      others.forEach((credentials, index) => {
        if (credentials === undefined || credentials === ":" || first === undefined || credentials === first) return;
        context.addIssue({ code: "custom", path: [index + 1], message: "credentials stand in the first URL" });
      });
    })
    .default(["nats://127.0.0.1:4222"]);
}

/** `:` for none; `undefined` for what is no URL. */
function credentialsOf(text: string): string | undefined {
  const url = parseNatsUrl(text);
  return typeof url === "string" ? undefined : `${url.username}:${url.password}`;
}

const schema = z.strictObject({
  urls: natsUrlsOption(),
  name: z.string().min(1),
  inboxPrefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .default("_INBOX"),
  creds: z.custom<() => Uint8Array>((value) => typeof value === "function").optional(),
  login: z.custom<() => Login>((value) => typeof value === "function").optional(),
  ca: z.custom<() => string>((value) => typeof value === "function").optional(),
  dialTimeout: durationOption({ minMs: 100, maxMs: 60_000 }).default(3_000),
  pingInterval: durationOption({ minMs: 500, maxMs: 120_000 }).default(10_000),
});

/** Checks and completes the options. Throws `INVALID_OPTIONS` with every problem. */
export function resolveConnectionOptions(options: ConnectionOptions): ConnectionConfig {
  const given = resolveOptions(schema, options);
  const urls = given.urls.map((url) => parseNatsUrl(url) as URL);
  const [first] = urls;
  const username = decodeURIComponent(first?.username ?? "");
  const password = decodeURIComponent(first?.password ?? "");
  return {
    servers: urls.map((url) => url.host),
    shownUrls: urls.map((url) => `${url.protocol}//${url.host}`),
    name: given.name,
    inboxPrefix: given.inboxPrefix,
    tls: given.ca !== undefined || urls.some((url) => url.protocol === "tls:"),
    user: username && password ? username : undefined,
    password: username && password ? password : undefined,
    token: username && !password ? username : undefined,
    creds: given.creds,
    login: given.login,
    ca: given.ca,
    dialTimeoutMs: given.dialTimeout,
    pingIntervalMs: given.pingInterval,
  };
}

/** The parsed URL with its port filled in, or what is wrong with it; never repeats what could be a password. */
function parseNatsUrl(text: string): URL | string {
  const withScheme = text.includes("://") ? text : `nats://${text}`;
  if (!/^(nats|tls):\/\//i.test(withScheme)) {
    // Only what is known to be a scheme: a mistyped URL can have its password there.
    const scheme = /^(https?|wss?|tcp):\/\//i.exec(withScheme)?.[0];
    return scheme ? `"${scheme}" is not a NATS URL; ${URL_RULE}` : `not a URL; ${URL_RULE}`;
  }
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch {
    return `not a URL; ${URL_RULE}`;
  }
  if (!url.hostname) return `the host is missing; ${URL_RULE}`;
  if (!HOST.test(url.hostname)) return `not a host name; ${URL_RULE}, and one URL for each server`;
  if (!["", "/"].includes(url.pathname) || url.search || url.hash) return `a path has no meaning here; ${URL_RULE}`;
  if (url.port === "0") return `there is no port 0; ${URL_RULE}`;
  if (!url.port) url.port = "4222";
  try {
    decodeURIComponent(`${url.username}${url.password}`);
  } catch {
    return "the user or password has a % that begins no escape; write %25 for a %";
  }
  if (url.password && !url.username) return "there is a password but no user; write nats://user:password@host:port";
  return url;
}
