import { backoffDelayMs, type Clock, createThrottle, type Logger, messageOf } from "@fleet/runtime";
import type { Subscription as ClientSubscription, NatsConnection } from "nats";
import { fromClientError } from "./errors.ts";
import { type Message, wrapMessage } from "./message.ts";

/** Listening to a subject, across reconnects. */
export interface Subscription {
  readonly subject: string;
  /** Whether the broker has refused it, and no message has come since. */
  readonly refused: boolean;
  /** Stops listening; messages already received are not handed on. */
  close(): void;
}

export interface SubscribeOptions {
  /** Of all that listen to a subject with the same queue group each message goes to one. */
  readonly queue?: string;
  /** What can be done without: a refusal is logged at debug level instead of as a warning. @default false */
  readonly optional?: boolean;
}

/** A subscription as the connection keeps it. */
export interface LiveSubscription extends Subscription {
  /** Takes effect on `client`, which is new. The client itself repeats it when it reconnects. */
  attach(client: NatsConnection): void;
}

export interface SubscriptionParts extends SubscribeOptions {
  readonly subject: string;
  readonly onMessage: (message: Message) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** A grant may be on its way: a refused subscription is tried again, at most once a minute. */
const REFUSED = { firstMs: 2_000, maxMs: 60_000 };
const FAILURE_LOG_MS = 60_000;

export function createSubscription(parts: SubscriptionParts, onClose: () => void): LiveSubscription {
  const { subject, queue, optional = false, onMessage, clock, random, logger } = parts;
  let current: ClientSubscription | undefined;
  let cancelRetry = () => {};
  let refusals = 0;
  let closed = false;
  const failureThrottle = createThrottle(clock, FAILURE_LOG_MS);

  /** Inside the client an exception would end the reading of this connection, without a word. */
  const handOn = (message: Message) => {
    try {
      onMessage(message);
    } catch (error) {
      failureThrottle.run((heldBack) =>
        logger.error("handling a NATS message failed", {
          subject,
          error: messageOf(error),
          ...(heldBack > 0 && { held_back: heldBack }),
        }),
      );
    }
  };

  const attach = (client: NatsConnection) => {
    cancelRetry();
    // One that is being closed takes no subscriptions, and there is nothing more to hear from it.
    if (closed || client.isClosed() || client.isDraining()) return;
    current = client.subscribe(subject, {
      ...(queue !== undefined && { queue }),
      callback(error, message) {
        if (closed) return;
        if (!error) {
          refusals = 0;
          handOn(wrapMessage(message));
          return;
        }
        refusals += 1;
        const retryMs = Math.max(REFUSED.firstMs, backoffDelayMs(refusals, REFUSED, random));
        logger[optional ? "debug" : "warn"]("NATS refused a subscription; retrying", {
          subject,
          error: fromClientError(error, `subscribe ${subject}`).message,
          retry_ms: Math.round(retryMs),
        });
        cancelRetry = clock.setTimer(retryMs, () => attach(client));
      },
    });
  };

  return {
    subject,
    get refused() {
      return refusals > 0;
    },
    attach,
    close() {
      if (closed) return;
      closed = true;
      cancelRetry();
      if (current && !current.isClosed()) current.unsubscribe();
      onClose();
    },
  };
}
