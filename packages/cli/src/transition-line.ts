import type { RosterNews } from "@fleet/presence";

/** A change as a line for people: `2026-01-02T03:04:05.678Z web-1 is offline (crashed)`. */
export function describeNews({ id, record }: RosterNews): string {
  if (!record) return `${id} was forgotten`;
  const { state, reason, since, mass } = record;
  return `${new Date(since).toISOString()} ${id} is ${state} (${reason}${mass ? ", many at once" : ""})`;
}

/** A change as a line for programs. Members are only ever added within a `schema_version`. */
export function newsDocument({ id, record }: RosterNews): object {
  if (!record) return { schema_version: 1, id, state: null, forgotten: true };
  return {
    schema_version: 1,
    id,
    state: record.state,
    reason: record.reason,
    since: new Date(record.since).toISOString(),
    version: record.version || null,
    session: record.session ?? null,
    rival: record.rival ?? null,
    mass: record.mass ?? false,
    term: record.term,
    forgotten: false,
  };
}
