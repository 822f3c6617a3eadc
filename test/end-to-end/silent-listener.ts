import { createServer, type Server } from "node:net";

/** A listening socket that accepts connections and never says a word. */
export interface SilentListener extends AsyncDisposable {
  readonly port: number;
}

/** Listens on a port of loopback. @default one the system chooses */
export async function listenSilently(port = 0): Promise<SilentListener> {
  const server = createServer();
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("it does not listen");
  return address.port;
}
