import { type Connection, DISCONNECT_EVENTS, decodeDisconnectEvent, type Message } from "@fleet/bus";
import { type Clock, createThrottle, isFleetError, type Logger, type Service } from "@fleet/runtime";
import { type PeelSession, parsePeelConnectionName } from "@fleet/wire";

/** The connection of a peel has ended. */
export interface PeelGone extends PeelSession {
  /** When, by the broker's clock, in ms since the epoch; `undefined` if it did not say. */
  readonly at: number | undefined;
  /** Why, in the broker's words: `Client Closed`, `Stale Connection`, `Server Shutdown`, … */
  readonly reason: string;
}

export interface ConnectionSignalParts {
  /** A connection to the system account, for this alone; it runs as part of the signal. */
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called as soon as it is heard. It is hearsay: another account's client can bear a peel's name. */
  readonly onGone: (gone: PeelGone) => void;
}

/** Hears from the broker when the connection of a peel ends. */
export interface ConnectionSignal extends Service {
  /** Whether the broker tells this connection: it is connected, and to the system account. */
  readonly listening: boolean;
}

/** Every server answers it, in the system account only. */
const SYSTEM_ACCOUNT_PING = "$SYS.REQ.SERVER.PING";
const PING_TIMEOUT_MS = 2_000;
const LOG_EVERY_MS = 60_000;

/**
 * Creates the signal. Nothing depends on it: without the credentials it warns and tries again, as connections do, and a
 * crash shows a late beat later. It is no evidence that a peel is gone, only the best reason to look.
 */
export function createConnectionSignal(parts: ConnectionSignalParts): ConnectionSignal {
  const { connection, clock, logger, onGone } = parts;
  const throttle = createThrottle(clock, LOG_EVERY_MS);
  let outsideSystemAccount = false;

  const onEvent = ({ payload }: Message) => {
    const event = decodeDisconnectEvent(payload);
    if (!event) {
      throttle.run((heldBack) =>
        logger.debug("a disconnect event cannot be read; skipped", {
          bytes: payload.length,
          ...(heldBack > 0 && { more: heldBack }),
        }),
      );
      return;
    }
    const peel = parsePeelConnectionName(event.clientName);
    if (peel) onGone({ ...peel, at: event.endedAt, reason: event.reason });
  };

  /** Any account takes a subscription to the events; in another than the system account it would just stay silent. */
  const verify = async () => {
    outsideSystemAccount = false;
    try {
      await connection.request(SYSTEM_ACCOUNT_PING, new Uint8Array(), { timeoutMs: PING_TIMEOUT_MS });
    } catch (error) {
      // A login that may listen to the events and nothing else cannot be told from a slow server, and need not be.
      if (!isFleetError(error, "UNAVAILABLE")) return;
      outsideSystemAccount = true;
      logger.warn(
        "not the NATS system account: crashed peels are found by their late beats, not by their connections",
        {
          subject: DISCONNECT_EVENTS,
        },
      );
    }
  };

  return {
    name: "connection-signal",
    get listening() {
      return connection.state === "connected" && !outsideSystemAccount;
    },
    async run(signal) {
      const events = connection.subscribe(DISCONNECT_EVENTS, onEvent);
      const stopListening = connection.onState((state) => {
        if (state === "connected") void verify();
      });
      await connection.run(signal);
      stopListening();
      events.close();
    },
  };
}
