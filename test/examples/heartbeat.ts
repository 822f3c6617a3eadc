// A heartbeat for any Node process, on its own NATS connection: `node heartbeat.js web-7 nats://127.0.0.1:4222`.
import { createConnection, resolveConnectionOptions } from "@fleet/bus";
import { createHeartbeat } from "@fleet/presence";
import { openLogger, systemClock } from "@fleet/runtime";

const [id = "web-7", url = "nats://127.0.0.1:4222"] = process.argv.slice(2);
const { logger } = await openLogger({ level: "info", format: "json", base: { peel_id: id } });
const config = resolveConnectionOptions({ urls: [url], name: id });
const connection = createConnection({ config, clock: systemClock, random: Math.random, logger });
const heartbeat = createHeartbeat({ connection, id, version: "1.2.3", logger });

const connected = new AbortController();
const beating = new AbortController();
process.once("SIGTERM", () => beating.abort());
const ended = connection.run(connected.signal);
await heartbeat.run(beating.signal); // Ends with a goodbye: masters know at once.
connected.abort();
await ended;
