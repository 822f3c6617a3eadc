import { type Clock, formatDuration } from "@fleet/runtime";
import type { TransportState } from "./transport-check.ts";

export interface LivenessOptions {
  readonly connection: Pick<TransportState, "state"> & {
    /** Calls `listener` at every change of state. The function returned ends that. */
    onState(listener: (state: TransportState["state"]) => void): () => void;
  };
  /** How long the connection may be away before the process calls for its restart. */
  readonly natsGraceMs: number;
  readonly clock: Clock;
}

/** Whether a restart could help a process that answers. */
export interface Liveness {
  /** Why the process should be restarted; `undefined` while it should not. */
  problem(): string | undefined;
  /** Watches the connection until the function returned is called. */
  follow(): () => void;
}

/** Creates a {@link Liveness}. The grace counts from the creation, and anew from each loss of the connection. */
export function createLiveness({ connection, natsGraceMs, clock }: LivenessOptions): Liveness {
  let awaySinceMono: number | undefined = clock.monoMs();
  const note = (state: TransportState["state"]) => {
    if (state === "connected") awaySinceMono = undefined;
    else awaySinceMono ??= clock.monoMs();
  };
  return {
    problem() {
      const awayMs = awaySinceMono === undefined ? 0 : clock.monoMs() - awaySinceMono;
      if (awayMs <= natsGraceMs) return undefined;
      return `no connection to NATS for ${formatDuration(awayMs)}, longer than the grace of ${formatDuration(natsGraceMs)}`;
    },
    follow() {
      note(connection.state);
      return connection.onState(note);
    },
  };
}
