import { describeEvidence } from "./evidence-text.ts";
import type { PeelEntry } from "./peel-entry.ts";
import type { PeelPresence } from "./presence-view.ts";
import type { PeelState, TransitionReason } from "./transition.ts";

/** A peel as an entry of the index has it. Very many can be made: a class, since a getter in a literal costs most of it. */
export class LivePresence implements PeelPresence {
  readonly id: string;
  readonly state: PeelState;
  readonly reason: TransitionReason;
  readonly sinceAt: number;
  readonly session: string | undefined;
  readonly rival: string | undefined;
  readonly version: string;
  readonly protocol: number;
  readonly intervalMs: number | undefined;
  readonly pingable: boolean;
  readonly seq: number | undefined;
  readonly lastBeatAgoMs: number | undefined;
  readonly clockSkewMs: number | undefined;
  readonly #entry: PeelEntry;
  readonly #nowMono: number;
  readonly #ttlMs: number;

  constructor(entry: PeelEntry, nowMono: number, ttlMs: number) {
    this.id = entry.id;
    this.state = entry.state ?? "online";
    this.reason = entry.reason;
    this.sinceAt = entry.sinceAt;
    this.session = entry.session;
    this.rival = entry.state === "conflict" ? entry.rival?.session : undefined;
    this.version = entry.version;
    this.protocol = entry.protocol;
    this.intervalMs = entry.intervalMs || undefined;
    this.pingable = entry.pingable;
    this.seq = entry.seq || undefined;
    this.lastBeatAgoMs = Number.isFinite(entry.heardMono) ? nowMono - entry.heardMono : undefined;
    this.clockSkewMs = entry.clockSkewMs;
    this.#entry = entry;
    this.#nowMono = nowMono;
    this.#ttlMs = ttlMs;
  }

  /** Put into words only where it is asked for, as of then. */
  get evidence(): readonly string[] {
    return describeEvidence(this.#entry, this.#nowMono, this.#ttlMs);
  }
}
