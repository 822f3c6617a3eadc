import { busErrors, type Connection, type ConnectionState, type Denial, type Message } from "@fleet/bus";
import { type ConnectionTwin, createConnectionTwin } from "./connection-twin.ts";

/** A connection's messages in a test's hand: a broker with no network and, but for grants, no mind of its own. */
export interface MessagingTwin
  extends ConnectionTwin,
    Pick<Connection, "onDenied" | "publish" | "subscribe" | "createInbox"> {
  /** Subjects of subscriptions in force, in the order in which they were made. */
  readonly subscribed: readonly string[];
  /** Subjects of everything published. */
  readonly published: readonly string[];
  /** Subjects, or patterns of them, that this login may neither publish nor subscribe to: messages are dropped, and denials told. */
  readonly refused: Set<string>;
}

interface Listener {
  readonly pattern: string;
  readonly onMessage: (message: Message) => void;
}

/**
 * Creates a {@link MessagingTwin}. A message reaches its subscribers in a later microtask; one that nobody hears and that
 * wants a reply is answered with status 503, as by a server.
 */
export function createMessagingTwin(initial: ConnectionState = "connected"): MessagingTwin {
  const twin = createConnectionTwin(initial);
  const listeners = new Set<Listener>();
  const deniedListeners = new Set<(denial: Denial) => void>();
  const published: string[] = [];
  const refused = new Set<string>();
  let inboxes = 0;

  const isRefused = (subject: string) => [...refused].some((pattern) => matches(pattern, subject));

  const deliver = (subject: string, payload: Uint8Array, reply?: string, status = 0) => {
    const message: Message = { subject, payload, reply, status, header: () => undefined };
    const heard = [...listeners].filter(({ pattern }) => !isRefused(pattern) && matches(pattern, subject));
    for (const { onMessage } of heard) queueMicrotask(() => onMessage(message));
    if (heard.length === 0 && reply !== undefined) deliver(reply, new Uint8Array(), undefined, 503);
  };

  return {
    counters: twin.counters,
    lastError: undefined,
    refused,
    published,
    onState: twin.onState,
    become: twin.become,
    get state() {
      return twin.state;
    },
    get listeners() {
      return twin.listeners + deniedListeners.size;
    },
    get subscribed() {
      return [...listeners].map(({ pattern }) => pattern);
    },
    publish(subject, payload, { reply } = {}) {
      if (twin.state !== "connected") throw busErrors.create("NOT_CONNECTED", `${subject}: not connected to NATS`);
      published.push(subject);
      if (!isRefused(subject)) {
        deliver(subject, payload, reply);
        return;
      }
      for (const listener of deniedListeners) queueMicrotask(() => listener({ operation: "publish", subject }));
    },
    onDenied(listener) {
      deniedListeners.add(listener);
      return () => deniedListeners.delete(listener);
    },
    subscribe(subject, onMessage) {
      const listener: Listener = { pattern: subject, onMessage };
      listeners.add(listener);
      return {
        subject,
        get refused() {
          return isRefused(subject);
        },
        close: () => void listeners.delete(listener),
      };
    },
    createInbox() {
      inboxes += 1;
      return `_INBOX.${inboxes}`;
    },
  };
}

function matches(pattern: string, subject: string): boolean {
  const [patternTokens, subjectTokens] = [pattern.split("."), subject.split(".")];
  for (const [index, token] of patternTokens.entries()) {
    if (token === ">") return subjectTokens.length > index;
    if (subjectTokens[index] === undefined || (token !== "*" && token !== subjectTokens[index])) return false;
  }
  return patternTokens.length === subjectTokens.length;
}
