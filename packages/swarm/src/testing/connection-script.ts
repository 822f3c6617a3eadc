import type { Connection, ConnectionState, Headers, Message } from "@fleet/bus";
import { type Clock, FleetError } from "@fleet/runtime";
import { decodeHeartbeat, type Heartbeat } from "@fleet/wire";

/** A message that was published, and the ways to answer it. */
export interface PublishedMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: Headers | undefined;
  readonly atMono: number;
  store(): void;
  refuse(code: number): void;
}

/** A connection whose other end is in a test's hand. */
export interface ConnectionScript {
  readonly connection: Connection;
  /** What was published and not taken yet, in order. */
  readonly published: PublishedMessage[];
  /** Answer all by storing them as they come. */
  autoStore: boolean;
  become(state: ConnectionState): void;
}

/** The beat in a message. */
export function beatOf({ payload }: PublishedMessage): Heartbeat {
  const decoded = decodeHeartbeat(payload);
  if (!decoded.ok) throw new Error(`not a beat: ${decoded.reason}`);
  return decoded.value;
}

export function createConnectionScript(clock: Clock): ConnectionScript {
  const listeners = new Set<(state: ConnectionState) => void>();
  const published: PublishedMessage[] = [];
  let state: ConnectionState = "connected";
  let revision = 0;
  let receive = (_message: Message) => {};
  const answer = (subject: string, text: string) =>
    receive({
      subject,
      payload: new TextEncoder().encode(text),
      reply: undefined,
      status: 0,
      header: () => undefined,
    });
  const script = {
    published,
    autoStore: false,
    become(next: ConnectionState) {
      state = next;
      for (const listener of [...listeners]) listener(next);
    },
  };
  const connection: Pick<Connection, "clock" | "state" | "createInbox" | "subscribe" | "publish" | "onState"> = {
    clock,
    get state() {
      return state;
    },
    createInbox: () => "_INBOX.x",
    subscribe(subject, onMessage) {
      receive = onMessage;
      return { subject, refused: false, close: () => {} };
    },
    publish(subject, payload, { reply = "", headers } = {}) {
      if (state !== "connected") throw new FleetError("NOT_CONNECTED", "down", { retryable: true });
      const message: PublishedMessage = {
        subject,
        payload,
        headers,
        atMono: clock.monoMs(),
        store() {
          revision += 1;
          answer(reply, `{"stream":"s", "seq":${revision}}`);
        },
        refuse: (code) => answer(reply, `{"error":{"code":${code},"description":"no"},"seq":0}`),
      };
      published.push(message);
      if (script.autoStore) queueMicrotask(message.store);
    },
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return Object.assign(script, { connection: connection as Connection });
}
