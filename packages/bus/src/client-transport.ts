import { createConnection, type Socket } from "node:net";
import type { ConnectionOptions as ClientOptions, NatsConnection } from "nats";
import { NatsConnectionImpl, NodeTransport, setTransportFactory } from "./nats-client.ts";

/** The client's options, and who is told of the socket. */
export interface OwnedClientOptions extends ClientOptions {
  /** Called once for each server dialled, before the socket is connected. */
  readonly onSocket: (socket: Socket) => void;
}

/**
 * The client's transport, its socket handed out as soon as it exists. The client loses sight of the socket of a dial that
 * it gives up: where the other end has accepted and says nothing, such as a stopped server, each attempt would
 * leave one open, and keep the process from ending. It also cannot close one whose send buffer is full.
 */
class OwnedTransport extends NodeTransport {
  override dial(server: { hostname: string; port: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host: server.hostname, port: server.port, noDelay: true });
      (this.options as OwnedClientOptions).onSocket(socket);
      let reason: Error | undefined;
      socket.on("error", (error) => {
        reason = error;
      });
      socket.once("close", () => reject(reason ?? new Error("the connection was closed")));
      socket.once("connect", () => {
        // The client sets its own.
        socket.removeAllListeners();
        resolve(socket);
      });
    });
  }
}

/** Connects like the client's `connect`, over a transport whose socket the caller owns; names are looked up by the system. */
export function connectClient(options: OwnedClientOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new OwnedTransport() });
  return NatsConnectionImpl.connect(options);
}
