import type { Connection } from "@fleet/bus";
import { type Clock, createThrottle, type Logger, type Pulse, type Service, stuckLoops } from "@fleet/runtime";
import type { Notify } from "./notify-command.ts";

/** A service that is all of a process. */
export interface SupervisedService extends Service {
  /** Resolves when everything of this machine's own works, whether or not there is a broker. */
  readonly ready: Promise<void>;
  readonly connection: Pick<Connection, "state" | "onState">;
  readonly pulses: readonly Pulse[];
}

export interface SupervisionParts {
  readonly service: SupervisedService;
  /** Aborts when the service is told to stop. */
  readonly stopping: AbortSignal;
  readonly notify: Notify;
  /** Time within which a sign of life is wanted; `undefined`: none is. */
  readonly watchdogMs: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const STATUS: Readonly<Record<Connection["state"], string>> = {
  connecting: "running; not connected to NATS yet",
  connected: "running; connected to NATS",
  disconnected: "running; disconnected from NATS",
  closed: "stopping",
};

const LOG_EVERY_MS = 60_000;

/**
 * Tells systemd how a service is doing, until `ended` aborts: `READY=1` when it is up, its connection as `STATUS=`,
 * `STOPPING=1` when it stops, and `WATCHDOG=1` twice in the watchdog's time. That last one is withheld while a loop is
 * stuck; a stuck event loop withholds it by itself. Whether NATS is there has no part in it: a broker that is down must
 * not restart a fleet.
 */
export function superviseService(parts: SupervisionParts, ended: AbortSignal): void {
  const { service, stopping, notify, watchdogMs, clock, logger } = parts;
  const { connection, pulses } = service;
  const throttle = createThrottle(clock, LOG_EVERY_MS);

  const status = () => `STATUS=${stopping.aborted ? "stopping" : STATUS[connection.state]}`;
  let ready = false;
  void service.ready.then(() => {
    ready = true;
    if (!stopping.aborted) notify("READY=1", status());
  });
  const stopListening = connection.onState(() => {
    if (ready && !stopping.aborted) notify(status());
  });
  stopping.addEventListener("abort", () => notify("STOPPING=1", status()), { once: true });

  let cancel = () => {};
  const feed = (periodMs: number) => {
    // A loop that has been told to stop turns no more.
    const stuck = stopping.aborted ? [] : stuckLoops(pulses, clock.monoMs());
    if (stuck.length === 0) notify("WATCHDOG=1");
    else {
      throttle.run((heldBack) =>
        logger.error("a loop is stuck; the watchdog is no longer fed", {
          loops: stuck,
          ...(heldBack > 0 && { held_back: heldBack }),
        }),
      );
    }
    cancel = clock.setTimer(periodMs, () => feed(periodMs));
  };
  if (watchdogMs !== undefined) feed(watchdogMs / 2);

  ended.addEventListener(
    "abort",
    () => {
      stopListening();
      cancel();
    },
    { once: true },
  );
}
