import type { Connection } from "./connection.ts";
import { type ApiErrorBody, busErrors, fromApiError } from "./errors.ts";
import type { Headers, Message } from "./message.ts";

/** Longest time an administrative request may take by default. The client's own default is 5 s as well. */
export const API_TIMEOUT_MS = 5_000;

/** A stream's settings as JetStream has them: durations in nanoseconds, sizes in bytes, -1 for no limit. */
export interface StreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly storage: "file" | "memory";
  readonly num_replicas: number;
  readonly max_msgs_per_subject: number;
  readonly max_age: number;
  readonly discard: "new" | "old";
  readonly duplicate_window?: number;
  readonly allow_rollup_hdrs?: boolean;
  readonly deny_delete?: boolean;
  readonly allow_direct?: boolean;
  readonly allow_msg_ttl?: boolean;
}

/** The part of a stream info reply that is used. */
export interface StreamInfo {
  readonly config: StreamConfig;
  readonly created: string;
  /** Absent where JetStream is one server's own, as on a leaf node, which gives itself for a cluster to those that connect. */
  readonly cluster?: { readonly name?: string };
  /** The broker's time; from server 2.10 on. */
  readonly ts?: string;
  readonly state: {
    readonly messages: number;
    readonly last_seq: number;
    readonly last_ts: string;
    /** Absent when there are none. */
    readonly num_subjects?: number;
  };
}

interface PubAck {
  readonly seq?: number;
  readonly error?: ApiErrorBody;
}

/** The sequence that the last message of the stream must have for a publish to be stored. */
export const HEADER_EXPECTED_SEQUENCE = "Nats-Expected-Last-Sequence";
/** The sequence that the last message of the same subject must have; 0 for none. */
export const HEADER_EXPECTED_REVISION = "Nats-Expected-Last-Subject-Sequence";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One request to the JetStream API, e.g. `STREAM.INFO.KV_facts`. An error in the reply is thrown, translated. */
export async function apiRequest<Reply>(
  connection: Connection,
  verb: string,
  body?: unknown,
  timeoutMs: number = API_TIMEOUT_MS,
): Promise<Reply> {
  const subject = `$JS.API.${verb}`;
  const payload = body === undefined ? new Uint8Array() : encoder.encode(JSON.stringify(body));
  const message = await connection.request(subject, payload, { timeoutMs });
  const reply = parseJson<Reply & { error?: ApiErrorBody }>(message.payload, subject);
  if (reply.error) throw fromApiError(reply.error, subject);
  return reply;
}

/** Publishes into a stream and resolves with the sequence of the stored message. */
export async function publishAcknowledged(
  connection: Connection,
  subject: string,
  payload: Uint8Array,
  options: { timeoutMs: number; headers?: Headers },
): Promise<number> {
  return readAcknowledgement(await connection.request(subject, payload, options), subject);
}

/** The sequence in the reply to a message published into a stream. An error in the reply is thrown, translated. */
export function readAcknowledgement({ payload }: Message, subject: string): number {
  const ack = parseJson<PubAck>(payload, subject);
  if (ack.error) throw fromApiError(ack.error, subject);
  if (typeof ack.seq !== "number")
    throw busErrors.create("BROKER_ERROR", `${subject}: the reply is not a publish acknowledgement`);
  return ack.seq;
}

/** Parses a reply; a server under pressure can answer with a bare status instead of JSON. */
function parseJson<T>(payload: Uint8Array, subject: string): T {
  try {
    return JSON.parse(decoder.decode(payload)) as T;
  } catch (error) {
    throw busErrors.create("BACKPRESSURE", `${subject}: the server answered with a status instead of a result`, error);
  }
}
