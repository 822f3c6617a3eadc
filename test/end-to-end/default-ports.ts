import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { eventually } from "@fleet/runtime/testing";
import { PATIENCE } from "./fleet-command.ts";

/** Ports that `fleet dev` prefers. */
const DEFAULT_PORTS = [4222, 9090, 9091];
/** Where the process is found that holds them for all tests. */
const HOLDER_PORT = 4221;
const HOLDER = fileURLToPath(new URL("./programs/port-holder.js", import.meta.url));

/**
 * Occupies the ports that `fleet dev` prefers, unless others do: two that start at the same time on one machine, such as
 * those of two test files, could else both find the same port free. They stay occupied until the last test that wants it has ended.
 */
export async function occupyDefaultPorts(): Promise<AsyncDisposable> {
  const holding = await eventually(
    async () => {
      const held = await askHolder();
      if (!held) startHolder();
      assert.ok(held, "nobody holds the ports");
      return held;
    },
    { ...PATIENCE, everyMs: 250 },
  );
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(holding, "close");
      holding.destroy();
      await closed;
    },
  };
}

/** Resolves to a connection for whose time the ports are held; `undefined` if nobody holds them. */
function askHolder(): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(HOLDER_PORT, "127.0.0.1");
    socket.on("error", () => {});
    socket.once("data", () => resolve(socket));
    socket.once("close", () => resolve(undefined));
  });
}

function startHolder(): void {
  const args = [HOLDER, ...[HOLDER_PORT, ...DEFAULT_PORTS].map(String)];
  spawn(process.execPath, args, { detached: true, stdio: "ignore" }).unref();
}
