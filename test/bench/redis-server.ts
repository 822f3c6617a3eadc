import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@fleet/broker";
import { type RedisProgram, resolveRedis } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { guard } from "./apart.ts";

/** A Redis server that keeps everything in memory, as it is fastest. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
}

/** What a benchmark has that compares with Redis: a server, or the reason why there is none. */
export type RedisAtHand = Extract<RedisProgram, { skip: string }> | (RedisServer & { readonly skip: undefined });

/** Starts a server with nothing in it; it ends with this process at the latest. */
export async function startRedis(
  uses: (software: string, version: string) => void,
): Promise<RedisAtHand & AsyncDisposable> {
  const program = await resolveRedis();
  if (program.skip !== undefined) return { skip: program.skip, async [Symbol.asyncDispose]() {} };
  uses("redis-server", program.version);
  const folder = await mkdtemp(join(tmpdir(), "fleet-redis-"));
  const port = await findFreePort();
  const settings = { port, bind: "127.0.0.1", dir: folder, save: "", appendonly: "no" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program.path, args, {
    env: { ...process.env, LD_LIBRARY_PATH: program.libraries },
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  await guard(child);
  const server: RedisServer = {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await eventually(() => listens(port), PATIENCE);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return { ...server, skip: undefined };
}

async function listens(port: number): Promise<void> {
  const socket = createConnection({ port, host: "127.0.0.1" });
  try {
    await once(socket, "connect");
  } finally {
    socket.destroy();
  }
}
