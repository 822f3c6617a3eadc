import { headers as createHeaders, type Msg, type MsgHdrs } from "nats";

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
  let headers: MsgHdrs | undefined | null = null;
  const read = (): MsgHdrs | undefined => {
    if (headers === null) headers = inner.headers;
    return headers;
  };
  return {
    get subject() {
      return inner.subject;
    },
    get payload() {
      return inner.data;
    },
    get reply() {
      return inner.reply;
    },
    get status() {
      return read()?.code ?? 0;
    },
    header(name) {
      return read()?.get(name) || undefined;
    },
  };
}

/** Headers in the client's form, as the member of its options. */
export function encodeHeaders(given: Headers | undefined): { headers?: MsgHdrs } {
  if (!given) return {};
  const encoded = createHeaders();
  for (const [name, value] of Object.entries(given)) encoded.set(name, value);
  return { headers: encoded };
}
