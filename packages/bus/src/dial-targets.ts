import type { DialTarget } from "./client-options.ts";
import type { ConnectionConfig } from "./connection-options.ts";

/** The servers to try, in this order: those configured, shuffled, then others that the cluster told of. */
export function dialTargets(
  config: ConnectionConfig,
  discovered: readonly DialTarget[],
  random: () => number,
): DialTarget[] {
  const configured = config.servers.map((server) => ({ server, tlsHost: hostOf(server) }));
  const others = discovered.filter(({ server }) => !config.servers.includes(server));
  return [...shuffled(configured, random), ...shuffled(others, random)];
}

/** The host in `host:port`, an IPv6 address without its brackets. */
export function hostOf(server: string): string {
  return server.slice(0, server.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const keyed = items.map((item) => ({ item, at: random() }));
  return keyed.sort((left, right) => left.at - right.at).map(({ item }) => item);
}
