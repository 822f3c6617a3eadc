import { type FindFreePortOptions, findFreePort, type Guardian, type SystemLogin } from "@fleet/broker";
import type { Clock, Service } from "@fleet/runtime";
import { createChildService } from "./child-service.ts";
import type { DevConfig } from "./dev-options.ts";

/** One process to start. */
export interface DevMember {
  readonly role: "master" | "peel";
  /** `master-1`, `peel-3`; for a peel its id as well. */
  readonly name: string;
  readonly healthAddr: string;
}

const DEFAULT_HEALTH_PORT = { peel: 9090, master: 9091 } as const;

/** Masters and peels with their health ports: the documented default for the first of each, if it is free. */
export async function planMembers(
  config: Pick<DevConfig, "masters" | "peels">,
  findPort: (options: FindFreePortOptions) => Promise<number> = findFreePort,
): Promise<DevMember[]> {
  const taken = new Set<number>(Object.values(DEFAULT_HEALTH_PORT));
  const members: DevMember[] = [];
  for (const [role, count] of [
    ["master", config.masters],
    ["peel", config.peels],
  ] as const) {
    for (let number = 1; number <= count; number += 1) {
      const preferred = DEFAULT_HEALTH_PORT[role];
      const port = await (number === 1
        ? findPort({ preferred, exclude: new Set([...taken].filter((other) => other !== preferred)) })
        : findPort({ exclude: new Set(taken) }));
      taken.add(port);
      members.push({ role, name: `${role}-${number}`, healthAddr: `127.0.0.1:${port}` });
    }
  }
  return members;
}

export interface MemberServiceParts {
  readonly member: DevMember;
  readonly config: Pick<DevConfig, "heartbeatInterval" | "heartbeatTtl">;
  readonly natsUrl: string;
  /** Told to masters; `undefined` where the broker is not our own. */
  readonly systemLogin: SystemLogin | undefined;
  readonly guardian: Guardian;
  readonly clock: Clock;
  readonly onLine: (name: string, line: string) => void;
  readonly onEnded: (name: string, ending: string, clean: boolean) => Error | undefined;
}

/** The process of one member. What is set in this environment does not reach it: the flags say it all. */
export function createMemberService(parts: MemberServiceParts): Service {
  const { member, config, natsUrl, systemLogin, guardian, clock, onLine, onEnded } = parts;
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("FLEET_"));
  return createChildService({
    name: member.name,
    args: [
      member.role,
      "run",
      ...(member.role === "peel" ? ["--id", member.name] : []),
      ...["--health-addr", member.healthAddr],
      ...["--heartbeat-interval", config.heartbeatInterval],
      ...["--heartbeat-ttl", config.heartbeatTtl],
      ...["--log-format", "text"],
    ],
    // Not as flags: these can hold passwords, and arguments are there for all to see.
    environment: {
      ...Object.fromEntries(inherited),
      FLEET_NATS_URL: natsUrl,
      ...(member.role === "master" &&
        systemLogin && { FLEET_NATS_SYS_USER: systemLogin.user, FLEET_NATS_SYS_PASSWORD: systemLogin.password }),
    },
    guardian,
    clock,
    onLine: (line) => onLine(member.name, line),
    onEnded: (ending, clean) => onEnded(member.name, ending, clean),
  });
}
