import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "@fleet/runtime";

/** Ends a server without cutting off answers and without waiting for clients that keep their connections. */
export interface ConnectionDrain {
  /**
   * Stops accepting and closes idle connections at once, busy ones after their answer, and what is left after
   * `timeoutMs`. Resolves when all are closed.
   */
  close(timeoutMs: number): Promise<void>;
}

/** Watches the connections of `server`; create it before the server listens. */
export function createConnectionDrain(server: Server, clock: Clock): ConnectionDrain {
  const sockets = new Set<Socket>();
  let closing = false;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("request", (_request, response) => {
    response.once("close", () => {
      if (closing) server.closeIdleConnections();
    });
  });
  return {
    async close(timeoutMs) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // That closed the idle ones, but Node counts a connection that has never said anything as busy.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      const cancelTimer = clock.setTimer(timeoutMs, () => server.closeAllConnections());
      await closed;
      cancelTimer();
    },
  };
}
