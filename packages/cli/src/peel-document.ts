import { isOnline, type ListedPeel } from "@fleet/presence";

/** When and by whom an answer was given. */
export interface AnswerSource {
  /** Who answered: a master from its index, or the buckets, read by this command. */
  readonly source: "master" | "buckets";
  /** When it was true, ms since the epoch. */
  readonly asOf: number;
  /** Why the master could say nothing for sure then; `undefined` when it could. */
  readonly blindness: string | undefined;
}

/** A peel for programs; what is not known is `null`. */
export interface PeelMember {
  readonly id: string;
  readonly os: string | null;
  readonly arch: string | null;
  readonly version: string | null;
  readonly online: boolean | null;
  /** Time since the last beat by the broker's or the master's clock; `null` when there is none. */
  readonly last_seen_seconds: number | null;
  readonly state: string | null;
  /** Since when it is in this state, ISO 8601. */
  readonly since: string | null;
  readonly reason: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly session: string | null;
  readonly interval_seconds: number | null;
  /** Its clock less that of the master at its last beat. */
  readonly clock_skew_seconds: number | null;
}

/** The listing for programs. Members are only ever added within a `schema_version`. */
export interface PeelDocument {
  readonly schema_version: 1;
  readonly source: "master" | "buckets";
  readonly as_of: string;
  /** Whether the states are known for sure; where not, they are those of before, and `blindness` says why. */
  readonly valid: boolean;
  readonly blindness: string | null;
  readonly peels: readonly PeelMember[];
}

/** The peels of such a document, one after the other. */
export function* peelMembers(peels: readonly ListedPeel[], { asOf }: AnswerSource): IterableIterator<PeelMember> {
  for (const peel of peels) yield peelMember(peel, asOf);
}

/** What every document about presence begins with. */
export function documentHead({ source, asOf, blindness }: AnswerSource): Omit<PeelDocument, "peels"> {
  return {
    schema_version: 1,
    source,
    as_of: new Date(asOf).toISOString(),
    valid: blindness === undefined,
    blindness: blindness ?? null,
  };
}

export function peelMember(peel: ListedPeel, asOf: number): PeelMember {
  return {
    id: peel.id,
    os: peel.os ?? null,
    arch: peel.arch ?? null,
    version: peel.version ?? null,
    online: isOnline(peel.state) ?? null,
    last_seen_seconds: seconds(peel.lastSeenMs),
    state: peel.state ?? null,
    since: peel.sinceMs === undefined ? null : new Date(asOf - peel.sinceMs).toISOString(),
    reason: peel.reason ?? null,
    labels: peel.labels,
    session: peel.session ?? null,
    interval_seconds: seconds(peel.intervalMs),
    clock_skew_seconds: seconds(peel.clockSkewMs),
  };
}

/** Seconds to the millisecond. */
export function seconds(durationMs: number | undefined): number | null {
  return durationMs === undefined ? null : Math.round(durationMs) / 1_000;
}
