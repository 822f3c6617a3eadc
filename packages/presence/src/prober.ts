import type { Connection } from "@fleet/bus";
import { type Clock, isFleetError, messageOf } from "@fleet/runtime";
import { decodePingReply, type PingReply, peelPingSubject } from "@fleet/wire";

/**
 * What one probe of a peel showed. `no-responders`: nobody listens on its subject, so its connection is gone (or it was never
 * granted the subject: probe only a peel whose beats say `ping`). An answer tells of the process, a `timeout` of
 * nothing: a stopped process, a slow one and a route in between look alike. `unknown`: the asking itself
 * failed, which says nothing of the peel.
 */
export type ProbeResult =
  | {
      readonly kind: "answered";
      readonly reply: PingReply;
      /** From sending to the reply, the peel's look at its own readiness included. */
      readonly roundTripMs: number;
    }
  | { readonly kind: "no-responders" }
  | { readonly kind: "timeout" }
  | { readonly kind: "unknown"; readonly reason: string };

export interface ProbeOptions {
  /** Longest time to wait for the answer once the request is sent; time spent in line is not counted. */
  readonly timeoutMs: number;
  /** Gives the probe up: it ends at once, as `unknown`. */
  readonly signal?: AbortSignal;
}

export interface ProberParts {
  readonly connection: Pick<Connection, "request">;
  readonly clock: Clock;
}

/** Asks peels whether they are there. */
export interface Prober {
  /** Probes that are sent and not yet answered. */
  readonly inFlight: number;
  /** Probes that wait for their turn. */
  readonly waiting: number;
  /** One request to one peel. Never rejects. */
  probe(peelId: string, options: ProbeOptions): Promise<ProbeResult>;
}

/** Probes under way at a time; those beyond it wait in line. */
export const MAX_PROBES_IN_FLIGHT = 1_000;

const NOTHING = new Uint8Array();
const GIVEN_UP: ProbeResult = { kind: "unknown", reason: "given up" };

interface Probe {
  readonly peelId: string;
  readonly timeoutMs: number;
  /** Tells the result; what comes after the first is dropped. */
  settle(result: ProbeResult): void;
}

/** Creates a prober. It opens nothing of its own: replies come on the connection's one inbox. */
export function createProber({ connection, clock }: ProberParts): Prober {
  const line = new Set<Probe>();
  const abortCalls = createAbortCalls();
  let inFlight = 0;

  const send = async (probe: Probe) => {
    inFlight += 1;
    probe.settle(await ask(probe.peelId, probe.timeoutMs));
    inFlight -= 1;
    pump();
  };

  const ask = async (peelId: string, timeoutMs: number): Promise<ProbeResult> => {
    const sentMono = clock.monoMs();
    try {
      const { payload } = await connection.request(peelPingSubject(peelId), NOTHING, { timeoutMs });
      const roundTripMs = clock.monoMs() - sentMono;
      const reply = decodePingReply(payload);
      if (reply.ok) return { kind: "answered", reply: reply.value, roundTripMs };
      return { kind: "unknown", reason: `the reply cannot be read: ${reply.reason}` };
    } catch (error) {
      if (isFleetError(error, "UNAVAILABLE")) return { kind: "no-responders" };
      if (isFleetError(error, "TIMEOUT")) return { kind: "timeout" };
      return { kind: "unknown", reason: messageOf(error) };
    }
  };

  const pump = () => {
    for (const probe of line) {
      if (inFlight >= MAX_PROBES_IN_FLIGHT) return;
      line.delete(probe);
      void send(probe);
    }
  };

  return {
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return line.size;
    },
    probe(peelId, { timeoutMs, signal }) {
      if (signal?.aborted) return Promise.resolve(GIVEN_UP);
      return new Promise((resolve) => {
        const giveUp = () => {
          line.delete(probe);
          probe.settle(GIVEN_UP);
        };
        const probe: Probe = {
          peelId,
          timeoutMs,
          settle(result) {
            if (signal) abortCalls.remove(signal, giveUp);
            resolve(result);
          },
        };
        if (signal) abortCalls.add(signal, giveUp);
        line.add(probe);
        pump();
      });
    },
  };
}

/** Many calls for one signal, which is listened to once: Node takes many listeners to one signal for a leak. */
function createAbortCalls() {
  const bySignal = new Map<AbortSignal, { readonly calls: Set<() => void>; readonly onAbort: () => void }>();
  return {
    add(signal: AbortSignal, call: () => void) {
      let entry = bySignal.get(signal);
      if (!entry) {
        const calls = new Set<() => void>();
        entry = { calls, onAbort: () => [...calls].forEach((each) => void each()) };
        bySignal.set(signal, entry);
        signal.addEventListener("abort", entry.onAbort, { once: true });
      }
      entry.calls.add(call);
    },
    remove(signal: AbortSignal, call: () => void) {
      const entry = bySignal.get(signal);
      if (!entry?.calls.delete(call) || entry.calls.size > 0) return;
      bySignal.delete(signal);
      signal.removeEventListener("abort", entry.onAbort);
    },
  };
}
