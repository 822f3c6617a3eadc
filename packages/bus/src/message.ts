import type { Msg, MsgHdrs } from "nats";
import { headers as createHeaders } from "./nats-client.ts";

/** Headers to send. */
export type Headers = Readonly<Record<string, string>>;

/** A message as received. Headers are read on demand: most beats have none. */
export interface Message {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Subject to answer on; on a message from a consumer, its metadata. */
  readonly reply: string | undefined;
  /** Status code of a message that is only a status, such as 404; 0 on all others. */
  readonly status: number;
  /** Value of a header, `undefined` when absent. */
  header(name: string): string | undefined;
}

/** Wraps a message of the NATS client. */
export function wrapMessage(inner: Msg): Message {
  return new ReceivedMessage(inner);
}

/** A class, because functions made for each message would cost as much as the rest of its way. */
class ReceivedMessage implements Message {
  readonly #inner: Msg;

  constructor(inner: Msg) {
    this.#inner = inner;
  }

  get subject(): string {
    return this.#inner.subject;
  }

  get payload(): Uint8Array {
    return this.#inner.data;
  }

  get reply(): string | undefined {
    return this.#inner.reply;
  }

  get status(): number {
    return this.#inner.headers?.code ?? 0;
  }

  header(name: string): string | undefined {
    return this.#inner.headers?.get(name) || undefined;
  }
}

/** Headers in the client's form, as the member of its options. */
export function encodeHeaders(given: Headers | undefined): { headers?: MsgHdrs } {
  if (!given) return {};
  const encoded = createHeaders();
  for (const [name, value] of Object.entries(given)) encoded.set(name, value);
  return { headers: encoded };
}
