import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { type Clock, withDeadline } from "@fleet/runtime";
import type { NatsConnection } from "nats";
import { clientOptions, type DialTarget } from "./client-options.ts";
import { connectClient } from "./client-transport.ts";
import type { ConnectionConfig } from "./connection-options.ts";
import { busErrors, fromDialError } from "./errors.ts";

/** A connected client. */
export interface Dialled {
  readonly client: NatsConnection;
  /** Cuts the connection: the client then notices that it is lost. For one that does not close in order. */
  cut(): void;
}

export interface DialParts {
  readonly config: ConnectionConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Connects to one server within the dial timeout. Rejects with `BROKER_UNREACHABLE`, `BROKER_REFUSED_LOGIN` or
 * `BROKER_ERROR`, or with the reason of `signal`; nothing is left open then.
 */
export async function dial(target: DialTarget, { config, clock, signal }: DialParts): Promise<Dialled> {
  const { dialTimeoutMs: timeoutMs, tls } = config;
  const url = `${tls ? "tls" : "nats"}://${target.server}`;
  try {
    return await withDeadline({ clock, timeoutMs, what: "connect", signal }, async (inner) => {
      const ca = await readAuthorities(config.caFile);
      let socket: Socket | undefined;
      const cut = () => {
        socket?.destroy();
      };
      const onSocket = (opened: Socket) => {
        socket = opened;
        if (inner.aborted) cut();
      };
      inner.addEventListener("abort", cut, { once: true });
      try {
        const client = await connectClient({ ...clientOptions(config, target, ca), onSocket });
        if (!inner.aborted) return { client, cut };
        await client.close();
        throw inner.reason;
      } catch (error) {
        cut();
        throw error;
      } finally {
        inner.removeEventListener("abort", cut);
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    throw fromDialError(error, url);
  }
}

/** Read anew at each dial, because certificates are renewed. */
async function readAuthorities(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw busErrors.create("BROKER_ERROR", `the file of certificate authorities ${file} cannot be read`, error);
  }
}
