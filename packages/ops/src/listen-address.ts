import { isIPv4, isIPv6 } from "node:net";
import { InvalidOptionsError } from "@fleet/runtime";
import * as z from "zod";

/** Where a server listens. */
export interface ListenAddress {
  /** A name or an IP address without brackets; empty: every interface. */
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose a free one. */
  readonly port: number;
}

/**
 * Reads `127.0.0.1:9090`, `[::1]:9090`, `localhost:0`, or `:9090`, which as in Go means every interface, of both
 * address families. Throws `INVALID_OPTIONS`, naming `option`.
 */
export function parseListenAddress(text: string, option = "address"): ListenAddress {
  const outcome = readListenAddress(text);
  if (typeof outcome === "string") throw new InvalidOptionsError([{ option, message: outcome }]);
  return outcome;
}

/** A schema for a listen address option, as {@link parseListenAddress} reads it. */
export function listenAddressOption(): z.ZodType<ListenAddress, string> {
  const address = z.string().meta({ pattern: ":\\d{1,5}$" });
  return address.transform((text, context) => {
    const outcome = readListenAddress(text);
    if (typeof outcome !== "string") return outcome;
    context.addIssue({ code: "custom", message: outcome });
    return z.NEVER;
  }) as unknown as z.ZodType<ListenAddress, string>;
}

/** Writes an address so that it can be read back and put into a URL: `[::1]:9090`. */
export function formatListenAddress(address: ListenAddress): string {
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** The address, or what is wrong with it. */
function readListenAddress(text: string): ListenAddress | string {
  if (text.includes("/")) return `"${text}" is not host:port; leave out the scheme and the path`;
  const colon = text.lastIndexOf(":");
  if (isIPv6(text)) return `"${text}" has no port, or no brackets around its address; write as in [::1]:9090`;
  if (colon === -1 || text.endsWith("]")) return `"${text}" has no port; write host:port, as in 127.0.0.1:9090`;

  const digits = text.slice(colon + 1);
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port > 65_535) {
    return `"${text}": "${digits}" is not a port; it is a number from 0 to 65535`;
  }

  const host = text.slice(0, colon);
  if (host.startsWith("[") && host.endsWith("]")) {
    const inner = host.slice(1, -1);
    return isIPv6(inner) ? { host: inner, port } : `"${text}": "${inner}" is not an IPv6 address`;
  }
  if (host.includes(":")) return `"${text}": an IPv6 address needs brackets, as in [::1]:9090`;
  if (!isHost(host)) return `"${text}": "${host}" is neither an IP address nor a host name`;
  return { host, port };
}

function isHost(host: string): boolean {
  if (host === "" || isIPv4(host)) return true;
  // Digits and dots alone are a mistyped IPv4 address; a resolver may read them as another one.
  return /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,252})$/.test(host) && !/^[\d.]+$/.test(host);
}
