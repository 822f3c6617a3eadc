// The limit of reading a bucket: the client's own ordered consumer, which counts and does nothing else.
import { createDeferred } from "@fleet/runtime";
import { bucketSubject, HEARTBEAT_BUCKET } from "@fleet/wire";
import { connect, consumerOpts } from "nats";
import { answer, givenOptions } from "../apart.ts";

export interface ReplayOptions {
  readonly url: string;
  readonly keys: number;
}

export interface ReplayAnswer {
  readonly tookMs: number;
}

const { url, keys } = givenOptions<ReplayOptions>();
const client = await connect({ servers: url });
const complete = createDeferred();
let received = 0;
const consumer = consumerOpts();
consumer.orderedConsumer();
consumer.deliverLastPerSubject();
consumer.callback(() => {
  received += 1;
  if (received === keys) complete.resolve();
});
const startedMono = performance.now();
await client.jetstream().subscribe(bucketSubject(HEARTBEAT_BUCKET, ">"), consumer);
await complete.promise;
answer({ tookMs: performance.now() - startedMono } satisfies ReplayAnswer);
