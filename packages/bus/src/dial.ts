import type { Socket } from "node:net";
import { type Clock, FleetError, invariant, isFleetError, messageOf, withDeadline } from "@fleet/runtime";
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
 * Connects to the first of these servers that can be connected to, in their order. Rejects when there is none with an error that
 * has the reasons of all, or with the reason of `signal`.
 */
export async function dialAny(targets: readonly DialTarget[], parts: DialParts): Promise<Dialled> {
  const errors: FleetError[] = [];
  for (const target of targets) {
    try {
      return await dial(target, parts);
    } catch (error) {
      parts.signal.throwIfAborted();
      errors.push(error as FleetError);
    }
  }
  throw combine(errors);
}

/**
 * Connects to one server within the dial timeout. Rejects with `BROKER_UNREACHABLE`, `BROKER_REFUSED_LOGIN` or
 * `BROKER_ERROR`, or with the reason of `signal`; nothing is left open then.
 */
async function dial(target: DialTarget, { config, clock, signal }: DialParts): Promise<Dialled> {
  const { dialTimeoutMs: timeoutMs, tls } = config;
  const url = `${tls ? "tls" : "nats"}://${target.server}`;
  try {
    return await withDeadline({ clock, timeoutMs, what: "connect", signal }, async (inner) => {
      const ca = read("certificate authorities", config.ca);
      const login = read("login", config.login);
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
        const client = await connectClient({ ...clientOptions(config, target, { ca, login }), onSocket });
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

/** Asked for anew at each dial, because certificates and passwords are renewed. */
function read<T>(what: string, source: (() => T) | undefined): T | undefined {
  try {
    return source?.();
  } catch (error) {
    throw busErrors.create("BROKER_ERROR", `the ${what} cannot be read: ${messageOf(error)}`, error);
  }
}

/** One error for attempts at several servers: a refused login is what somebody can do something about. */
function combine(errors: readonly FleetError[]): FleetError {
  const weightiest = errors.find((error) => isFleetError(error, "BROKER_REFUSED_LOGIN")) ?? errors[0];
  invariant(weightiest, "there is a server to dial");
  if (errors.length === 1) return weightiest;
  return new FleetError(weightiest.code, errors.map(messageOf).join("; "), {
    retryable: weightiest.retryable,
    cause: weightiest,
  });
}
