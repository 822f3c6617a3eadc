import { isFleetError } from "@fleet/runtime";
import {
  bucketStream,
  bucketSubject,
  HEADER_KV_OPERATION,
  type KeyOperation,
  keyOfSubject,
  parseKeyOperation,
} from "@fleet/wire";
import type { Bucket, BucketEntry, HeardWrite, WriteOptions } from "./bucket.ts";
import { assertKey } from "./bucket-key.ts";
import { replayStream } from "./bucket-replay.ts";
import type { Connection } from "./connection.ts";
import { busErrors } from "./errors.ts";
import {
  API_TIMEOUT_MS,
  apiRequest,
  HEADER_EXPECTED_REVISION,
  HEADER_EXPECTED_SEQUENCE,
  publishAcknowledged,
  type StreamInfo,
} from "./jetstream-api.ts";
import type { Headers, Message } from "./message.ts";
import { decodeStoredMessage, type StoredMessage } from "./stored-message.ts";

const NOTHING = new Uint8Array();

/** A write as it was heard. A class, so that no function is made for each of very many. */
class HeardMessage implements HeardWrite {
  readonly key: string;
  readonly value: Uint8Array;
  readonly operation: KeyOperation;
  readonly #message: Message;

  constructor(bucket: string, message: Message) {
    this.key = keyOfSubject(bucket, message.subject);
    this.value = message.payload;
    this.operation = parseKeyOperation(message.header(HEADER_KV_OPERATION));
    this.#message = message;
  }

  header(name: string): string | undefined {
    return this.#message.header(name);
  }
}

/** A bucket on a connection. Nothing is sent until it is used, and the bucket need not exist. */
export function createBucket(connection: Connection, name: string): Bucket {
  const stream = bucketStream(name);

  const write = async (key: string, value: Uint8Array, options: WriteOptions, headers: Headers): Promise<number> => {
    assertKey(key);
    const { expectedRevision, expectedBucketRevision } = options;
    const all: Headers = {
      ...headers,
      ...options.headers,
      ...(expectedRevision !== undefined && { [HEADER_EXPECTED_REVISION]: String(expectedRevision) }),
      ...(expectedBucketRevision !== undefined && { [HEADER_EXPECTED_SEQUENCE]: String(expectedBucketRevision) }),
    };
    return publishAcknowledged(connection, bucketSubject(name, key), value, {
      timeoutMs: options.timeoutMs ?? API_TIMEOUT_MS,
      ...(Object.keys(all).length > 0 && { headers: all }),
    });
  };

  /** A get that any replica answers: it can be granted for one key alone. */
  const getDirect = async (key: string, timeoutMs: number): Promise<BucketEntry | undefined> => {
    const subject = `$JS.API.DIRECT.GET.${stream}.${bucketSubject(name, key)}`;
    const message = await connection.request(subject, NOTHING, { timeoutMs });
    if (message.status === 404) return undefined;
    if (message.status !== 0) {
      throw busErrors.create("BROKER_ERROR", `${subject}: the server answered with status ${message.status}`);
    }
    return {
      key,
      value: message.payload,
      revision: Number(message.header("Nats-Sequence")),
      operation: parseKeyOperation(message.header(HEADER_KV_OPERATION)),
      storedAt: Date.parse(message.header("Nats-Time-Stamp") ?? ""),
      header: (name) => message.header(name),
    };
  };

  const getFromLeader = async (key: string, timeoutMs: number): Promise<BucketEntry | undefined> => {
    try {
      const reply = await apiRequest<{ message: StoredMessage }>(
        connection,
        `STREAM.MSG.GET.${stream}`,
        { last_by_subj: bucketSubject(name, key) },
        timeoutMs,
      );
      return decodeStoredMessage(key, reply.message);
    } catch (error) {
      if (isFleetError(error, "KEY_MISSING")) return undefined;
      throw error;
    }
  };

  return {
    name,
    put: (key, value, options = {}) => write(key, value, options, {}),
    delete: (key, options = {}) => write(key, NOTHING, options, { [HEADER_KV_OPERATION]: "DEL" }),
    async get(key, { fromLeader = false, timeoutMs = API_TIMEOUT_MS } = {}) {
      assertKey(key);
      return fromLeader ? getFromLeader(key, timeoutMs) : getDirect(key, timeoutMs);
    },
    async purge(key, { before, timeoutMs }) {
      assertKey(key);
      // To a server 0, and to one before 2.11 also 1, means no bound at all.
      if (before <= 1) return 0;
      const reply = await apiRequest<{ purged: number }>(
        connection,
        `STREAM.PURGE.${stream}`,
        { filter: bucketSubject(name, key), seq: before },
        timeoutMs,
      );
      return reply.purged;
    },
    async state({ timeoutMs } = {}) {
      const info = await apiRequest<StreamInfo>(connection, `STREAM.INFO.${stream}`, undefined, timeoutMs);
      return {
        keys: info.state.num_subjects ?? 0,
        lastRevision: info.state.last_seq,
        brokerNow: info.ts === undefined ? undefined : Date.parse(info.ts),
        ttlMs: info.config.max_age / 1e6,
        storage: info.config.storage,
        createdAt: Date.parse(info.created),
      };
    },
    async replay(visit, options) {
      if (options.key !== undefined) assertKey(options.key);
      return replayStream(connection, name, visit, options);
    },
    hear(onWrite) {
      const subscription = connection.subscribe(bucketSubject(name, ">"), (message) => {
        onWrite(new HeardMessage(name, message));
      });
      const ready = connection.flush(API_TIMEOUT_MS);
      ready.catch(() => {});
      return { ready, close: () => subscription.close() };
    },
  };
}
