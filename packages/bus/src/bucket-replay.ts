import { bucketStream, HEADER_KV_OPERATION, keyOfSubject, parseKeyOperation } from "@fleet/wire";
import type { BucketEntry, BucketReplay } from "./bucket.ts";
import type { Connection } from "./connection.ts";
import { busErrors } from "./errors.ts";
import { apiRequest, type StreamInfo } from "./jetstream-api.ts";
import type { Message } from "./message.ts";

/** Messages asked for at a time: bounds what is in flight, large enough that the round trips do not count. */
const BATCH = 5_000;
/** A consumer that its reader has left is removed by the server after this. */
const ABANDONED_AFTER_NS = 30 * 1e9;

interface ConsumerInfo {
  readonly name: string;
  /** Broker's time of the request, on every server. */
  readonly created: string;
  readonly num_pending?: number;
}

/** Place and time of a message, from the reply subject a consumer puts on it. */
interface Delivery {
  readonly sequence: number;
  readonly storedAt: number;
  readonly pending: number;
}

/**
 * Reads the last message of every key with a consumer of its own, pulled in batches, up to the last sequence that
 * existed at the start. The client's own listing waits for `pending` to reach 0, which a bucket under load never does.
 */
export async function replayStream(
  connection: Connection,
  bucket: string,
  visit: (entry: BucketEntry) => void,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<BucketReplay> {
  const stream = bucketStream(bucket);
  const { clock } = connection;
  const deadlineMono = clock.monoMs() + options.timeoutMs;
  const left = () => Math.max(1, deadlineMono - clock.monoMs());

  const info = await apiRequest<StreamInfo>(connection, `STREAM.INFO.${stream}`, undefined, left());
  const lastRevision = info.state.last_seq;
  const consumer = await apiRequest<ConsumerInfo>(
    connection,
    `CONSUMER.CREATE.${stream}`,
    {
      stream_name: stream,
      config: {
        deliver_policy: "last_per_subject",
        ack_policy: "none",
        replay_policy: "instant",
        filter_subject: `$KV.${bucket}.>`,
        inactive_threshold: ABANDONED_AFTER_NS,
        num_replicas: 1,
        mem_storage: true,
      },
    },
    left(),
  );
  const result: BucketReplay = { brokerNow: Date.parse(consumer.created), lastRevision };
  try {
    if (!consumer.num_pending) return result;
    let more = true;
    while (more) {
      options.signal?.throwIfAborted();
      more = await pullBatch(connection, stream, consumer.name, left(), (message, delivery) => {
        visit({
          key: keyOfSubject(bucket, message.subject),
          value: message.payload,
          revision: delivery.sequence,
          operation: parseKeyOperation(message.header(HEADER_KV_OPERATION)),
          storedAt: delivery.storedAt,
        });
        return delivery.sequence < lastRevision && delivery.pending > 0;
      });
    }
    return result;
  } finally {
    await apiRequest(connection, `CONSUMER.DELETE.${stream}.${consumer.name}`, undefined, left()).catch(() => {});
  }
}

/** Pulls one batch; `onMessage` says whether to go on. Resolves with whether there is more to come. */
function pullBatch(
  connection: Connection,
  stream: string,
  consumer: string,
  timeoutMs: number,
  onMessage: (message: Message, delivery: Delivery) => boolean,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const inbox = connection.createInbox();
    let received = 0;
    const settle = (outcome: () => void) => {
      cancelTimer();
      stopListening();
      subscription.close();
      outcome();
    };
    const fail = (code: "TIMEOUT" | "NOT_CONNECTED", why: string) =>
      settle(() => reject(busErrors.create(code, `reading ${stream}: ${why}`)));
    const cancelTimer = connection.clock.setTimer(timeoutMs, () => fail("TIMEOUT", "not finished in time"));
    const stopListening = connection.onState(() => fail("NOT_CONNECTED", "the connection to NATS was lost"));
    const subscription = connection.subscribe(inbox, (message) => {
      const delivery = message.reply === undefined ? undefined : parseDelivery(message.reply);
      if (!delivery) {
        // A status: nothing left (404), or the batch could not be filled (408). Heartbeats do not come unasked.
        settle(() => resolve(false));
        return;
      }
      received += 1;
      if (!onMessage(message, delivery)) settle(() => resolve(false));
      else if (received === BATCH) settle(() => resolve(true));
    });
    try {
      connection.publish(
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
        new TextEncoder().encode(JSON.stringify({ batch: BATCH, no_wait: true })),
        { reply: inbox },
      );
    } catch (error) {
      settle(() => reject(error));
    }
  });
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time in ns>.<pending>`; newer servers
 * put a domain and an account hash after `ACK` and may add a token at the end.
 */
export function parseDelivery(reply: string): Delivery | undefined {
  if (!reply.startsWith("$JS.ACK.")) return undefined;
  const tokens = reply.split(".");
  const at = tokens.length >= 11 ? 7 : 5;
  const sequence = Number(tokens[at]);
  const storedAt = Number(tokens[at + 2]) / 1e6;
  const pending = Number(tokens[at + 3]);
  if (!Number.isFinite(sequence + storedAt + pending)) return undefined;
  return { sequence, storedAt, pending };
}
