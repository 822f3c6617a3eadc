// The limit of acknowledged beats: the client alone, a full window, and nothing else done.
import { beatPhaseMs } from "@fleet/presence";
import { connect, createInbox } from "nats";
import { answer, givenOptions } from "../apart.ts";
import { sampleBeat } from "../sample-beat.ts";
import { measurePublishing, type PublishingOptions } from "./publishing.ts";

export interface BarePublishingOptions extends PublishingOptions {
  /**
   * `fleet`: keys in the order in which a fleet beats, and a reply subject for each beat, so that it is known which one was
   * stored; `loop`: one key after the other, and one reply subject for all, which is the least that a broker can have to do.
   */
  readonly as: "fleet" | "loop";
}

const WINDOW = 5_000;
const INTERVAL_MS = 1_000;

const options = givenOptions<BarePublishingOptions>();
const isFleet = options.as === "fleet";
const ids = Array.from({ length: options.keys }, (_, number) => `swarm-${String(number + 1).padStart(6, "0")}`);
if (isFleet) {
  const phases = new Map(ids.map((id) => [id, beatPhaseMs(id, INTERVAL_MS)]));
  ids.sort((one, other) => (phases.get(one) as number) - (phases.get(other) as number));
}
const client = await connect({ servers: options.url });
const inbox = createInbox();
const beat = sampleBeat();
let [inFlight, acknowledged, sent] = [0, 0, 0];

const fill = () => {
  while (inFlight < WINDOW) {
    const reply = isFleet ? `${inbox}.${sent}` : inbox;
    client.publish(`$KV.peel-heartbeat.${ids[sent % ids.length]}`, beat, { reply });
    sent += 1;
    inFlight += 1;
  }
};
client.subscribe(isFleet ? `${inbox}.*` : inbox, {
  callback: () => {
    inFlight -= 1;
    acknowledged += 1;
    if (inFlight < WINDOW / 2) fill();
  },
});
fill();
answer(await measurePublishing(() => acknowledged, options));
