import { createServer } from "node:net";
import { brokerErrors } from "./errors.ts";

/** Everything this package starts listens here and nowhere else. */
export const LOOPBACK = "127.0.0.1";

/**
 * Random ports are drawn from below the range from which Linux takes the ports of outgoing connections (32768-60999):
 * while a server is down, no client's own connection can take its port, not even one that is trying to reach it.
 */
const FIRST_RANDOM_PORT = 20_000;
const LAST_RANDOM_PORT = 32_767;

/** More than enough: a draw fails only if the port happens to be taken. */
const MAX_DRAWS = 100;

export interface FindFreePortOptions {
  /** Taken if it is free: the port people know, such as 4222. */
  readonly preferred?: number;
  /** Never taken: ports meant for others that do not listen yet. */
  readonly exclude?: ReadonlySet<number>;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** Whether a server on loopback could listen on `port` at this moment. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A port on loopback that is free at this moment: the preferred one, or else a random one. It is not reserved, so whoever
 * listens on it has to be ready to find it taken. Rejects with `PORT_IN_USE` if none is found.
 */
export async function findFreePort(options: FindFreePortOptions = {}): Promise<number> {
  const { preferred, exclude = new Set(), random = Math.random } = options;
  if (preferred !== undefined && !exclude.has(preferred) && (await isPortFree(preferred))) return preferred;
  for (let draw = 0; draw < MAX_DRAWS; draw += 1) {
    const port = FIRST_RANDOM_PORT + Math.floor(random() * (LAST_RANDOM_PORT - FIRST_RANDOM_PORT + 1));
    if (!exclude.has(port) && (await isPortFree(port))) return port;
  }
  throw brokerErrors.create("PORT_IN_USE", `no free port found in ${FIRST_RANDOM_PORT}-${LAST_RANDOM_PORT}`);
}

/** Several different ports that are free at this moment. */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await findFreePort({ exclude: ports }));
  return [...ports];
}
