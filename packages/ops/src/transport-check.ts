import type { Check } from "./check.ts";

/** What a NATS connection says of itself. */
export interface TransportState {
  readonly state: "connecting" | "connected" | "disconnected" | "closed";
  /** Why the last attempt to connect failed. */
  readonly lastError: Error | undefined;
}

/** The check `nats`: down until connected, and while the connection is lost. */
export function createTransportCheck(source: TransportState): Check {
  return {
    name: "nats",
    run() {
      if (source.state === "connected") return { status: "ok" };
      const what = source.state === "connecting" ? "not connected yet" : "disconnected";
      return { status: "down", message: source.lastError ? `${what}: ${source.lastError.message}` : what };
    },
  };
}
