import type { Connection } from "./connection.ts";
import { busErrors } from "./errors.ts";
import type { Message } from "./message.ts";

/** Place and time of a message, from the reply subject a consumer puts on it. */
export interface Delivery {
  readonly sequence: number;
  /** Broker's wall time, ms since the epoch. */
  readonly storedAt: number;
  /** Messages that the consumer has still to deliver after this one. */
  readonly pending: number;
}

export interface PullOptions {
  readonly stream: string;
  readonly consumer: string;
  /** Messages asked for. */
  readonly size: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const encoder = new TextEncoder();

/** A server that has something sends it at once; one of 2.9 does not say that the consumer is gone. */
const SILENCE_MS = 5_000;

/** Statuses that end a batch in order: there is nothing left, or not enough to fill it. */
const BATCH_ENDS: readonly number[] = [404, 408];

/**
 * Pulls one batch of what a consumer has now; `onMessage` says whether to go on. Resolves with whether there is more to
 * come. Rejects with what `onMessage` throws, with the reason of `signal`, or with `TIMEOUT`, `NOT_CONNECTED` or
 * `UNAVAILABLE`, where the messages so far are not all there were.
 */
export function pullBatch(
  connection: Connection,
  options: PullOptions,
  onMessage: (message: Message, delivery: Delivery) => boolean,
): Promise<boolean> {
  const { stream, consumer, size, timeoutMs, signal } = options;
  return new Promise((resolve, reject) => {
    const inbox = connection.createInbox();
    let received = 0;
    const release = () => {
      cancelTimer();
      cancelSilence();
      stopListening();
      signal?.removeEventListener("abort", onAbort);
      subscription.close();
    };
    const end = (more: boolean) => {
      release();
      resolve(more);
    };
    const fail = (error: unknown) => {
      release();
      reject(error);
    };
    const failWith = (code: "TIMEOUT" | "NOT_CONNECTED" | "UNAVAILABLE", why: string) =>
      fail(busErrors.create(code, `reading ${stream}: ${why}`));

    const onAbort = () => fail(signal?.reason);
    const onDeadline = () => failWith("TIMEOUT", "not finished in time");
    const deadlineMono = connection.clock.monoMs() + timeoutMs;
    const cancelTimer = connection.clock.setTimer(timeoutMs, onDeadline);
    let cancelSilence = () => {};
    const watchSilence = (heard: number) => {
      cancelSilence = connection.clock.setTimer(SILENCE_MS, () => {
        if (received === heard) failWith("TIMEOUT", "nothing comes any more");
        else watchSilence(received);
      });
    };
    watchSilence(0);
    const stopListening = connection.onState(() => failWith("NOT_CONNECTED", "the connection to NATS was lost"));
    const subscription = connection.subscribe(inbox, (message) => {
      const { status } = message;
      if (BATCH_ENDS.includes(status)) return end(false);
      if (status !== 0) return failWith("UNAVAILABLE", `the server ended it with status ${status}`);
      // A reader that keeps the event loop busy hears of its messages before its timer.
      if (connection.clock.monoMs() >= deadlineMono) return onDeadline();
      try {
        received += 1;
        if (!onMessage(message, readDelivery(message))) end(false);
        else if (received === size) end(true);
      } catch (error) {
        fail(error);
      }
    });
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const request = encoder.encode(JSON.stringify({ batch: size, no_wait: true }));
      connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, request, { reply: inbox });
    } catch (error) {
      fail(error);
    }
  });
}

function readDelivery(message: Message): Delivery {
  const delivery = parseDelivery(message.reply ?? "");
  if (!delivery) throw busErrors.create("BROKER_ERROR", `${message.subject}: the message does not say its place`);
  return delivery;
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
  const storedAt = Math.floor(Number(tokens[at + 2]) / 1e6);
  const pending = Number(tokens[at + 3]);
  if (!Number.isFinite(sequence + storedAt + pending)) return undefined;
  return { sequence, storedAt, pending };
}
