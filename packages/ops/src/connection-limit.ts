import type { Server } from "node:http";
import { type Clock, createThrottle, type Logger } from "@fleet/runtime";

export interface ConnectionLimitOptions {
  /** Connections that may be open at once. From half of them on, those on which nothing is asked are closed. */
  readonly max: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const WARN_EVERY_MS = 60_000;

/**
 * Bounds the connections of `server`, so that clients that keep theirs and ask nothing cannot keep a probe out. Those that are one too
 * many are refused, which is told once a minute.
 */
export function limitConnections(server: Server, { max, clock, logger }: ConnectionLimitOptions): void {
  const throttle = createThrottle(clock, WARN_EVERY_MS);
  let open = 0;
  server.maxConnections = max;
  server.on("connection", (socket) => {
    open += 1;
    socket.once("close", () => {
      open -= 1;
    });
    // The one that has just come counts as busy.
    if (open > max / 2) server.closeIdleConnections();
  });
  server.on("drop", () =>
    throttle.run((heldBack) =>
      logger.warn("operations connections refused: too many ask at once", {
        connections: max,
        ...(heldBack > 0 && { held_back: heldBack }),
      }),
    ),
  );
}
