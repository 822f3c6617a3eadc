// Beats into Redis, pipelined: as many under way as NATS is given.
import { answer, givenOptions } from "../apart.ts";
import { openRedisBeats, type RedisWay } from "../redis-beats.ts";
import { sampleBeat } from "../sample-beat.ts";
import { measurePublishing, type PublishingOptions } from "./publishing.ts";

const WINDOW = 5_000;

export interface RedisPublisherOptions extends Omit<PublishingOptions, "url"> {
  readonly port: number;
  readonly way: RedisWay;
}

const options = givenOptions<RedisPublisherOptions>();
const { port, way, keys } = options;
const beats = await openRedisBeats({ port, way, keys, beat: sampleBeat() });
beats.onAnswers = () => {
  if (beats.inFlight < WINDOW / 2) beats.beat(WINDOW - beats.inFlight);
};
beats.beat(WINDOW);
answer(await measurePublishing(() => beats.acknowledged, { ...options, url: "" }));
