import { DEFAULT_NATS_PORT, type DevBroker } from "./dev-broker.ts";
import type { DevMember } from "./dev-fleet.ts";

export interface AnnouncementParts {
  readonly broker: {
    /** Without credentials. */
    readonly shownUrl: string;
    /** If it was started here. */
    readonly own?: Pick<DevBroker, "port" | "program">;
  };
  readonly members: readonly DevMember[];
  /** The user's home, shown as `~`. */
  readonly home: string;
  readonly write: (line: string) => void;
}

/** Says where everything is, a line an endpoint, and what to set to use it from another terminal. */
export function announceFleet({ broker, members, home, write }: AnnouncementParts): void {
  const { shownUrl, own } = broker;
  const width = Math.max(...["nats", ...members.map(({ name }) => name)].map((name) => name.length));
  const line = (name: string, text: string) => write(`${name.padEnd(width)}  ${text}`);
  const program = own && `  (nats-server ${own.program.version}, ${withTilde(own.program.path, home)})`;
  line("nats", `${shownUrl}${program ?? ""}`);
  for (const { name, healthAddr } of members) {
    line(name, `http://${healthAddr}/readyz  http://${healthAddr}/metrics`);
  }
  if (own && own.port !== DEFAULT_NATS_PORT) {
    write(`\nNATS is not on its default port, ${DEFAULT_NATS_PORT}. For commands in another terminal:`);
    write(`  export FLEET_NATS_URL=${shownUrl}`);
  }
}

function withTilde(path: string, home: string): string {
  return home !== "" && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
