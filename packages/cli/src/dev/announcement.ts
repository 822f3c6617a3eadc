import { DEFAULT_NATS_PORT, type DevBroker } from "./dev-broker.ts";
import type { DevMember } from "./dev-fleet.ts";

export interface AnnouncementParts {
  readonly broker: Pick<DevBroker, "url"> & Partial<Pick<DevBroker, "port" | "program">>;
  readonly members: readonly DevMember[];
  readonly write: (line: string) => void;
}

/** Says where everything is, a line an endpoint, and what to set to use it from another terminal. */
export function announceFleet({ broker, members, write }: AnnouncementParts): void {
  const { program, port } = broker;
  const width = Math.max(...["nats", ...members.map(({ name }) => name)].map((name) => name.length));
  const line = (name: string, text: string) => write(`${name.padEnd(width)}  ${text}`);
  line(
    "nats",
    program ? `${broker.url}  (nats-server ${program.version}, ${program.path})` : withoutCredentials(broker.url),
  );
  for (const { name, healthAddr } of members) {
    line(name, `http://${healthAddr}/readyz  http://${healthAddr}/metrics`);
  }
  if (program && port !== DEFAULT_NATS_PORT) {
    write("\nPort 4222 is taken. For commands in another terminal:");
    write(`  export FLEET_NATS_URL=${broker.url}`);
  }
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//");
}
