import type { Connection, Denial, Message, Subscription } from "@fleet/bus";
import { type Clock, messageOf } from "@fleet/runtime";
import { decodePingReply, type PingReply, peelPingSubject, peelPongSubject } from "@fleet/wire";
import { createAbortCalls } from "./abort-calls.ts";

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
  readonly connection: Pick<Connection, "onState" | "onDenied" | "publish" | "subscribe" | "createInbox">;
  readonly clock: Clock;
  /** Probe no other peel than this: then a grant for its own subjects is enough. @default any */
  readonly only?: string;
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
const NO_RESPONDERS = 503;

interface Probe {
  readonly peelId: string;
  readonly timeoutMs: number;
  /** Set once it is sent: the subject of the reply, when it was sent, and the end of its time. */
  sent: { readonly subject: string; readonly atMono: number; readonly cancelTimer: () => void } | undefined;
  settle(result: ProbeResult): void;
}

/** Where replies come in. */
interface Mailbox {
  /** Which of all mailboxes: one token of the replies' subjects. */
  readonly token: string;
  readonly subscription: Subscription;
  close(): void;
}

/** Creates a prober. It listens for replies only while a probe is in flight, so there is nothing to close. */
export function createProber(parts: ProberParts): Prober {
  return new SubjectProber(parts);
}

class SubjectProber implements Prober {
  readonly #parts: ProberParts;
  readonly #line = new Set<Probe>();
  /** By the subject of the reply. */
  readonly #inFlight = new Map<string, Probe>();
  readonly #abortCalls = createAbortCalls();
  #mailbox: Mailbox | undefined;
  #sent = 0;
  #pumping = false;

  constructor(parts: ProberParts) {
    this.#parts = parts;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get waiting(): number {
    return this.#line.size;
  }

  probe(peelId: string, { timeoutMs, signal }: ProbeOptions): Promise<ProbeResult> {
    if (signal?.aborted) return Promise.resolve(unknown("given up"));
    return new Promise((resolve) => {
      const giveUp = () => this.#end(probe, unknown("given up"));
      const settle = (result: ProbeResult) => {
        if (signal) this.#abortCalls.remove(signal, giveUp);
        resolve(result);
      };
      const probe: Probe = { peelId, timeoutMs, sent: undefined, settle };
      if (signal) this.#abortCalls.add(signal, giveUp);
      this.#line.add(probe);
      this.#pump();
    });
  }

  /** Sends what may be sent. */
  #pump(): void {
    // A probe that fails as it is sent comes here again: without this each would go a level deeper.
    if (this.#pumping) return;
    this.#pumping = true;
    for (const probe of this.#line) {
      if (this.#inFlight.size >= MAX_PROBES_IN_FLIGHT) break;
      this.#line.delete(probe);
      this.#mailbox ??= this.#openMailbox();
      this.#send(probe, this.#mailbox);
    }
    if (this.#inFlight.size === 0) {
      this.#mailbox?.close();
      this.#mailbox = undefined;
    }
    this.#pumping = false;
  }

  #openMailbox(): Mailbox {
    const { connection, only = "*" } = this.#parts;
    const inbox = connection.createInbox();
    const token = inbox.slice(inbox.lastIndexOf(".") + 1);
    const subject = peelPongSubject(only, `${token}.*`);
    const subscription = connection.subscribe(subject, (message) => this.#onReply(message), { optional: true });
    const stopListening = connection.onState((state) => {
      if (state === "connected") return;
      for (const probe of [...this.#inFlight.values()]) this.#end(probe, unknown("the connection was lost"));
    });
    const stopHearingDenials = connection.onDenied((denial) => this.#onDenied(denial));
    const close = () => {
      subscription.close();
      stopListening();
      stopHearingDenials();
    };
    return { token, subscription, close };
  }

  #send(probe: Probe, { token, subscription }: Mailbox): void {
    const { connection, clock } = this.#parts;
    this.#sent += 1;
    const subject = peelPongSubject(probe.peelId, `${token}.${this.#sent}`);
    const cancelTimer = clock.setTimer(probe.timeoutMs, () =>
      this.#end(
        probe,
        subscription.refused
          ? unknown(`the credentials do not allow to hear answers on ${subscription.subject}`)
          : { kind: "timeout" },
      ),
    );
    probe.sent = { subject, atMono: clock.monoMs(), cancelTimer };
    this.#inFlight.set(subject, probe);
    try {
      connection.publish(peelPingSubject(probe.peelId), NOTHING, { reply: subject });
    } catch (error) {
      this.#end(probe, unknown(messageOf(error)));
    }
  }

  #onReply({ subject, status, payload }: Message): void {
    const probe = this.#inFlight.get(subject);
    // One that comes too late.
    if (!probe?.sent) return;
    const roundTripMs = this.#parts.clock.monoMs() - probe.sent.atMono;
    this.#end(probe, status === NO_RESPONDERS ? { kind: "no-responders" } : readReply(payload, roundTripMs));
  }

  #onDenied({ operation, subject }: Denial): void {
    if (operation !== "publish") return;
    for (const probe of [...this.#inFlight.values()]) {
      if (peelPingSubject(probe.peelId) === subject)
        this.#end(probe, unknown(`the credentials do not allow ${subject}`));
    }
  }

  #end(probe: Probe, result: ProbeResult): void {
    this.#line.delete(probe);
    if (probe.sent) {
      probe.sent.cancelTimer();
      this.#inFlight.delete(probe.sent.subject);
    }
    probe.settle(result);
    this.#pump();
  }
}

function readReply(payload: Uint8Array, roundTripMs: number): ProbeResult {
  const reply = decodePingReply(payload);
  if (reply.ok) return { kind: "answered", reply: reply.value, roundTripMs };
  return unknown(`the reply cannot be read: ${reply.reason}`);
}

function unknown(reason: string): ProbeResult {
  return { kind: "unknown", reason };
}
