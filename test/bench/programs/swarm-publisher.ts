// A swarm that has more to send than anybody takes: what it gets through is what it can do.
import { createLogger, createSessionId, systemClock } from "@fleet/runtime";
import { createSwarm, resolveSwarmOptions } from "@fleet/swarm";
import { answer, givenOptions } from "../apart.ts";
import { measurePublishing, type PublishingOptions } from "./publishing.ts";

const INTERVAL = "1s";

const options = givenOptions<PublishingOptions>();
const swarm = createSwarm({
  config: resolveSwarmOptions({ peels: String(options.keys), interval: INTERVAL, ramp: "0s", natsUrl: [options.url] }),
  version: "1.0.0",
  session: createSessionId(),
  clock: systemClock,
  random: Math.random,
  logger: createLogger({ level: "error", base: {} }, { write: (line) => process.stderr.write(line) }),
});
swarm.run(new AbortController().signal).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
await swarm.ready;
answer(await measurePublishing(() => swarm.accounts.beats.acknowledged, options));
