// Who comes and goes, for any Node process, on its own NATS connection: `node watch-fleet.js nats://127.0.0.1:4222`.
import { createConnection, resolveConnectionOptions } from "@fleet/bus";
import { createPresence } from "@fleet/presence";
import { openLogger, systemClock } from "@fleet/runtime";

const [url = "nats://127.0.0.1:4222"] = process.argv.slice(2);
const { logger } = await openLogger({ level: "warn", format: "json", base: {} });
const config = resolveConnectionOptions({ urls: [url], name: "watch-fleet" });
const connection = createConnection({ config, clock: systemClock, random: Math.random, logger });
const presence = createPresence({ connection, logger });

const controller = new AbortController();
process.once("SIGTERM", () => controller.abort());
const { signal } = controller;
const ended = Promise.all([connection.run(signal), presence.run(signal)]);
for await (const { id, state, reason, at } of presence.transitions(signal)) {
  console.log(`${new Date(at).toISOString()} ${id} ${state}: ${reason}; ${presence.counts.online} online`);
}
await ended;
