// The limit of acknowledged beats: the client alone, one inbox for all answers, a full window, and nothing else done.

import { connect, createInbox } from "nats";
import { answer, givenOptions } from "../apart.ts";
import { sampleBeat } from "../sample-beat.ts";
import { measurePublishing, type PublishingOptions } from "./publishing.ts";

const WINDOW = 5_000;

const options = givenOptions<PublishingOptions>();
const client = await connect({ servers: options.url });
const inbox = createInbox();
const beat = sampleBeat();
let [inFlight, acknowledged, sent] = [0, 0, 0];

const fill = () => {
  while (inFlight < WINDOW) {
    client.publish(`$KV.peel-heartbeat.swarm-${sent % options.keys}`, beat, { reply: inbox });
    sent += 1;
    inFlight += 1;
  }
};
client.subscribe(inbox, {
  callback: () => {
    inFlight -= 1;
    acknowledged += 1;
    if (inFlight < WINDOW / 2) fill();
  },
});
fill();
answer(await measurePublishing(() => acknowledged, options));
