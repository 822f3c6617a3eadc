import { sleep } from "@fleet/runtime";
import { bucketStream, bucketSubject, HEADER_KV_OPERATION, keyOfSubject, parseKeyOperation } from "@fleet/wire";
import type { BucketEntry, BucketReplay, ReplayOptions } from "./bucket.ts";
import type { Connection } from "./connection.ts";
import { pullBatch } from "./consumer-pull.ts";
import { apiRequest, type StreamInfo } from "./jetstream-api.ts";

/**
 * Messages asked for at a time. A server cuts off a client for which it holds 64 MiB, so the first batch fits when each
 * message is as long as messages can be, and those after it are sized by the messages seen. The bound in bytes that a pull
 * can be given is of no use: servers of 2.9 lose the message that it keeps back.
 */
const FIRST_BATCH = 50;
const MAX_BATCH = 5_000;
const BATCH_BYTES = 8 * 1_048_576;
const BATCH_GROWTH = 8;
/** Subject, reply and headers. */
const MESSAGE_OVERHEAD_BYTES = 200;
/**
 * A cluster drops requests while it elects a leader, and servers of 2.9 lay every third consumer on a member that is gone.
 * No request is given up for another one: 2.9 takes 4 s to begin in a bucket of a million.
 */
const ASK_AGAIN_MS = 2_000;
/** A consumer that its reader has left is removed by the server after this. */
const ABANDONED_AFTER_NS = 30 * 1e9;

interface ConsumerInfo {
  readonly name: string;
  /** Broker's time of the request, on every server. */
  readonly created: string;
}

/**
 * Reads a bucket with a consumer of its own, pulled in batches, up to the last sequence that existed at the start. The client's own listing waits for `pending` to reach 0, which a bucket under load never does.
 */
export async function replayStream(
  connection: Connection,
  bucket: string,
  visit: (entry: BucketEntry, replay: BucketReplay) => void,
  options: ReplayOptions,
): Promise<BucketReplay> {
  const stream = bucketStream(bucket);
  const { clock } = connection;
  const deadlineMono = clock.monoMs() + options.timeoutMs;
  const left = () => Math.max(1, deadlineMono - clock.monoMs());

  /** Asks again while there is no answer, and takes the first that comes. */
  const ask = async <Answer>(operation: string, request?: object): Promise<Answer> => {
    const asked: Promise<Answer>[] = [];
    const answered = new AbortController();
    try {
      for (;;) {
        options.signal?.throwIfAborted();
        asked.push(apiRequest<Answer>(connection, operation, request, left()));
        const answer = await Promise.race([...asked, sleep(clock, ASK_AGAIN_MS, answered.signal)]);
        if (answer) return answer;
      }
    } finally {
      answered.abort();
    }
  };

  const info = await ask<StreamInfo>(`STREAM.INFO.${stream}`);
  const lastRevision = info.state.last_seq;
  const consumer = await ask<ConsumerInfo>(`CONSUMER.CREATE.${stream}`, {
    stream_name: stream,
    config: {
      ...(options.after === undefined
        ? { deliver_policy: "last_per_subject" }
        : { deliver_policy: "by_start_sequence", opt_start_seq: options.after + 1 }),
      ack_policy: "none",
      replay_policy: "instant",
      filter_subject: bucketSubject(bucket, options.key ?? ">"),
      inactive_threshold: ABANDONED_AFTER_NS,
      num_replicas: 1,
      mem_storage: true,
    },
  });
  const result: BucketReplay = { brokerNow: Date.parse(consumer.created), lastRevision };
  let size = FIRST_BATCH;
  let [messages, bytes, revision] = [0, 0, options.after ?? 0];
  let more = revision < lastRevision;
  try {
    while (more) {
      options.signal?.throwIfAborted();
      const batch = { stream, consumer: consumer.name, size, timeoutMs: left(), signal: options.signal };
      more = await pullBatch(connection, batch, (message, delivery) => {
        // Written since the reading began: everything that existed then has come.
        if (delivery.sequence > lastRevision) return false;
        // If that one is rewritten meanwhile, the server says that there are no more: how many are left, it miscounts then.
        const isLast = delivery.sequence === lastRevision;
        // Servers of 2.9 deliver a message once more where the one after it was rewritten meanwhile.
        if (delivery.sequence <= revision) return !isLast;
        revision = delivery.sequence;
        messages += 1;
        bytes += message.payload.length + MESSAGE_OVERHEAD_BYTES;
        const entry: BucketEntry = {
          key: keyOfSubject(bucket, message.subject),
          value: message.payload,
          revision,
          operation: parseKeyOperation(message.header(HEADER_KV_OPERATION)),
          storedAt: delivery.storedAt,
          header: (name) => message.header(name),
        };
        visit(entry, result);
        return !isLast;
      });
      size = Math.min(MAX_BATCH, size * BATCH_GROWTH, Math.ceil((BATCH_BYTES * messages) / bytes));
    }
    return result;
  } finally {
    // Nobody waits for it: a reader that is out of time has none for this either, and the server would do it too.
    void apiRequest(connection, `CONSUMER.DELETE.${stream}.${consumer.name}`).catch(() => {});
  }
}
