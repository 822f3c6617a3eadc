import type { PEEL_STATES } from "./presence-query.ts";
import type { ROSTER_REASONS } from "./roster.ts";

/** One peel in a list; what is not known is `undefined`. */
export interface PeelRow {
  readonly id: string;
  readonly state: (typeof PEEL_STATES)[number];
  readonly reason: (typeof ROSTER_REASONS)[number] | undefined;
  /** Time for which it has been in this state. */
  readonly sinceMs: number | undefined;
  readonly lastSeenMs: number | undefined;
  readonly version: string | undefined;
  readonly os: string | undefined;
  readonly arch: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** This and what follows only where it was asked for. */
  readonly session: string | undefined;
  readonly intervalMs: number | undefined;
  readonly clockSkewMs: number | undefined;
}
