// Occupies the ports that `fleet dev` prefers, for all test files at once and for as long as one of them is connected to its own port:
// if each file did it by itself, ports would be free for a moment whenever one of them ends.
import { once } from "node:events";
import { createServer } from "node:net";
import { listenSilently } from "../silent-listener.ts";

/** How long it waits for the first. */
const FIRST_MS = 10_000;

const [ownPort, ...ports] = process.argv.slice(2).map(Number);
const alone = setTimeout(() => process.exit(), FIRST_MS);
let connected = 0;
let isEnding = false;

const server = createServer(async (socket) => {
  connected += 1;
  clearTimeout(alone);
  socket.on("error", () => {});
  socket.on("close", async () => {
    connected -= 1;
    if (connected > 0 || isEnding) return;
    isEnding = true;
    // Whoever connects from now on is not told that they are held, and starts another.
    for (const listener of await holding) await listener?.[Symbol.asyncDispose]();
    process.exit();
  });
  await holding;
  if (!isEnding) socket.write("held");
});
// Only one process has this port: another that was started at the same time ends here.
server.on("error", () => process.exit()).listen(ownPort, "127.0.0.1");
await once(server, "listening");
// What others listen on is occupied.
const holding = Promise.all(ports.map((port) => listenSilently(port).catch(() => undefined)));
