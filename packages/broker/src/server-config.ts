import { LOOPBACK } from "./port.ts";

/** Place of one server in a cluster. */
export interface ClusterConfig {
  readonly name: string;
  /** Where this server takes routes. */
  readonly routePort: number;
  /** Where all servers of the cluster take routes, this one's among them or not. */
  readonly routePorts: readonly number[];
}

/** What a server is told in its configuration file. */
export interface ServerConfig {
  readonly name: string;
  readonly clientPort: number;
  readonly monitorPort: number;
  readonly storeDir: string;
  /** Where the server writes its ports file once it listens on all of them. */
  readonly portsFolder: string;
  readonly cluster?: ClusterConfig | undefined;
  /** More settings, in nats-server's own language; a setting given again wins. */
  readonly extra?: string | undefined;
}

/** The text of a nats-server configuration file: JetStream on, everything on loopback. */
export function renderServerConfig(config: ServerConfig): string {
  const { cluster } = config;
  const lines = [
    `server_name: ${quote(config.name)}`,
    `listen: ${quote(`${LOOPBACK}:${config.clientPort}`)}`,
    `http: ${quote(`${LOOPBACK}:${config.monitorPort}`)}`,
    `ports_file_dir: ${quote(config.portsFolder)}`,
    `jetstream { store_dir: ${quote(config.storeDir)} }`,
  ];
  if (cluster) {
    const routes = cluster.routePorts.map((port) => quote(`nats://${LOOPBACK}:${port}`));
    const listen = quote(`${LOOPBACK}:${cluster.routePort}`);
    lines.push(`cluster { name: ${quote(cluster.name)}, listen: ${listen}, routes: [${routes.join(", ")}] }`);
  }
  if (config.extra) lines.push(config.extra);
  return `${lines.join("\n")}\n`;
}

/** A quoted string: nats-server knows the escapes that JSON uses for quotes and backslashes. */
function quote(text: string): string {
  return JSON.stringify(text);
}
