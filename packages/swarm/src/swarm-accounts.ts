import { FailureTally } from "./failure-tally.ts";
import { createLatencyHistogram, type LatencyHistogram } from "./latency-histogram.ts";

/**
 * What became of every beat. Nothing is left out: `due + retried = sent + lost + unsent + waiting`, and
 * `sent = acknowledged + failed + inFlight`.
 */
export interface BeatAccounts {
  /** Beats that the schedule asked for: the first of each life, the regular ones, and one of each peel after a reconnect. */
  readonly due: number;
  /** Beats that failed and were put in the queue again. */
  readonly retried: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** Refused, or not known to be stored; by error code in {@link SwarmAccounts.failures}. */
  readonly failed: number;
  /** Dropped on purpose. */
  readonly lost: number;
  /** Due, but not sent: there was no connection, the one before was still to be sent, or the peel was gone by then. */
  readonly unsent: number;
  /** Of those sent: more than a fifth of an interval after they were due, when a master calls a peel late. */
  readonly late: number;
  /** Of those acknowledged: more than a TTL after the one before, when the key was gone. */
  readonly missedTtl: number;
  readonly waiting: number;
  readonly inFlight: number;
}

/** Peels that came and went. */
export interface PeelAccounts {
  readonly joined: number;
  /** Of those joined: peels that had been there before. */
  readonly returned: number;
  /** Delete markers that are stored. */
  readonly left: number;
  /** Peels that were to leave, but whose marker is not known to be stored. */
  readonly leftWithoutMarker: number;
  readonly crashed: number;
}

export interface SwarmAccounts {
  readonly beats: BeatAccounts;
  readonly peels: PeelAccounts;
  /** Facts stored, and those that were to be written again. */
  readonly facts: { readonly stored: number; readonly failed: number };
  /** By error code, beats, markers and facts together. */
  readonly failures: Readonly<Record<string, number>>;
  /** From sending a beat to its acknowledgement. */
  readonly ackMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Counts; read as {@link SwarmAccounts}. */
export class SwarmLedger {
  readonly beats = {
    due: 0,
    retried: 0,
    sent: 0,
    acknowledged: 0,
    failed: 0,
    lost: 0,
    unsent: 0,
    late: 0,
    missedTtl: 0,
    waiting: 0,
    inFlight: 0,
  };
  readonly peels = { joined: 0, returned: 0, left: 0, leftWithoutMarker: 0, crashed: 0 };
  readonly facts = { stored: 0, failed: 0 };
  readonly failures: FailureTally = new FailureTally();
  readonly ack: LatencyHistogram = createLatencyHistogram();

  /** The counts as of now. */
  read(): SwarmAccounts {
    return {
      beats: { ...this.beats },
      peels: { ...this.peels },
      facts: { ...this.facts },
      failures: this.failures.byCode(),
      ackMs: { p50: this.ack.quantile(0.5), p99: this.ack.quantile(0.99), max: this.ack.maxMs },
    };
  }
}
