// What the NATS client offers for keys: a put at a time for each of very many callers, each awaited.
import { connect } from "nats";
import { answer, givenOptions } from "../apart.ts";
import { sampleBeat } from "../sample-beat.ts";
import { measurePublishing, type PublishingOptions } from "./publishing.ts";

const CALLERS = 1_000;

const options = givenOptions<PublishingOptions>();
const client = await connect({ servers: options.url });
const bucket = await client.jetstream().views.kv("peel-heartbeat");
const beat = sampleBeat();
let [acknowledged, sent] = [0, 0];

const putOnAndOn = async () => {
  for (;;) {
    sent += 1;
    await bucket.put(`swarm-${sent % options.keys}`, beat);
    acknowledged += 1;
  }
};
for (let caller = 0; caller < CALLERS; caller += 1) {
  putOnAndOn().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
answer(await measurePublishing(() => acknowledged, options));
