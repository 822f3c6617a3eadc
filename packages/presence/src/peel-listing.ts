import type { Bucket, BucketEntry, HeardWrite } from "@fleet/bus";
import { type Clock, isFleetError, withDeadline } from "@fleet/runtime";
import { decodeFacts, HEADER_SESSION, type Heartbeat, isPeelId, type PeelRow, type RosterRecord } from "@fleet/wire";
import { decodeBeat } from "./heartbeat-listener.ts";
import { type ListedFacts, NO_FACTS, readListedFacts } from "./listed-facts.ts";
import { readRoster } from "./roster-records.ts";
import type { PeelState } from "./transition.ts";

/** One peel in a listing; what is not known is `undefined`. */
export interface ListedPeel extends Omit<PeelRow, "state"> {
  /** `undefined` when there is no heartbeat bucket to know from. */
  readonly state: PeelState | undefined;
}

/** Whether a peel in this state beats; `undefined` where the state is not known. */
export function isOnline(state: PeelState | undefined): boolean | undefined {
  return state === undefined ? undefined : state !== "offline";
}

/** Every peel that has told its facts, beats or has a place in the roster. */
export interface PeelListing {
  /** Sorted by id. */
  readonly peels: readonly ListedPeel[];
  /** When it was true, by the broker's clock where it could be asked, in ms since the epoch. */
  readonly asOf: number;
  /** Records that could not be read, and were skipped. */
  readonly malformed: number;
}

export interface ListPeelsParts {
  readonly facts: Bucket;
  readonly heartbeats: Bucket;
  /** Where it is told why and since when a peel is in its state; without it that stays unknown. */
  readonly roster?: Bucket;
  readonly clock: Clock;
  /** Longest time for the whole listing. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface Beat {
  readonly version: string;
  readonly session: string | undefined;
  readonly intervalMs: number | undefined;
  /** Time since the beat. Grows while the listing is being made; taken at the end. */
  readonly ageMs: (nowMono: number) => number;
}

/** The last that was heard of a key: a beat, or the goodbye of a session. */
type HeardLast =
  | { readonly beat: Beat; readonly left?: never }
  | { readonly beat?: never; readonly left: string | undefined };

/** A key this many TTLs old should not be there any more: its peel is away, whatever the bucket says. */
const STALE_TTLS = 2;
/** TTL assumed for that where the bucket has none. */
const ASSUMED_TTL_MS = 30_000;

/**
 * Lists all peels in one streaming pass over each bucket. Ages are the broker's now less the broker's time of the
 * beat; neither the peel's clock nor this machine's plays a part. Writes that come while a bucket is being read are
 * listened to, so that a busy fleet is listed whole.
 */
export async function listPeels(parts: ListPeelsParts): Promise<PeelListing> {
  const deadlineMono = parts.clock.monoMs() + parts.timeoutMs;
  const facts = await readFacts(parts, deadlineMono);
  const records = parts.roster && (await readRoster(parts.roster, boundsOf(parts, deadlineMono)));
  const asOf = records?.brokerNow ?? parts.clock.wallMs();
  const beats = await readBeats(parts, deadlineMono);
  const nowMono = parts.clock.monoMs();

  const ids = new Set([...facts.byId.keys(), ...(beats?.byId.keys() ?? []), ...(records?.byId.keys() ?? [])]);
  const peels = [...ids].sort().map((id): ListedPeel => {
    const told = facts.byId.get(id) ?? NO_FACTS;
    const beat = beats?.byId.get(id);
    const record = records?.byId.get(id);
    const lastSeenMs = beat?.ageMs(nowMono);
    const beating = lastSeenMs !== undefined && lastSeenMs <= (beats?.staleAfterMs ?? 0);
    return {
      id,
      ...explainState(beats && beating, record, asOf),
      lastSeenMs,
      version: beat?.version || told.version || record?.version || undefined,
      os: told.os,
      arch: told.arch,
      labels: told.labels,
      session: beat?.session,
      intervalMs: beat?.intervalMs,
      clockSkewMs: undefined,
    };
  });
  const malformed = facts.malformed.size + (records?.malformed ?? 0) + (beats?.malformed.size ?? 0);
  return { peels, asOf, malformed };
}

/**
 * What the buckets say of a peel's state. The roster's last record explains what the heartbeats show, as long as it agrees with
 * them: it is written after the fact.
 */
export function explainState(
  beating: boolean | undefined,
  record: RosterRecord | undefined,
  nowAt: number,
): Pick<ListedPeel, "state" | "reason" | "sinceMs"> {
  const unexplained = { reason: undefined, sinceMs: undefined };
  if (beating === undefined) return { state: undefined, ...unexplained };
  if (!record || (record.state !== "offline") !== beating) {
    return { state: beating ? "online" : "offline", ...unexplained };
  }
  return { state: record.state, reason: record.reason, sinceMs: nowAt - record.since };
}

function pick({ version, session, intervalMs }: Heartbeat): Pick<Beat, "version" | "session" | "intervalMs"> {
  return { version, session, intervalMs };
}

/** What is left of the time for the listing. */
function boundsOf({ clock, signal }: ListPeelsParts, deadlineMono: number) {
  return { timeoutMs: Math.max(1, deadlineMono - clock.monoMs()), ...(signal && { signal }) };
}

async function readFacts(parts: ListPeelsParts, deadlineMono: number) {
  const { facts: bucket, clock } = parts;
  const byId = new Map<string, ListedFacts>();
  const malformed = new Set<string>();
  const take = ({ key, operation, value }: BucketEntry) => {
    if (operation !== "put") return;
    const decoded = isPeelId(key) ? decodeFacts(value) : undefined;
    if (decoded?.ok) byId.set(key, readListedFacts(decoded.value));
    else malformed.add(key);
  };
  const seen = new Set<string>();
  const rewritten = new Set<string>();
  const replay = await replayHearing(parts, bucket, deadlineMono, {
    onEntry(entry) {
      seen.add(entry.key);
      take(entry);
    },
    onWrite({ key }) {
      if (isPeelId(key)) rewritten.add(key);
    },
  });
  if (!replay) return { byId, malformed };
  // What was heard is hearsay; facts are quoted from the bucket. A key rewritten meanwhile may have been passed over.
  for (const key of rewritten) {
    if (seen.has(key)) continue;
    const timeoutMs = Math.max(1, deadlineMono - clock.monoMs());
    const entry = await unlessMissing(bucket.get(key, { fromLeader: true, timeoutMs }));
    if (entry) take(entry);
  }
  return { byId, malformed };
}

async function readBeats(parts: ListPeelsParts, deadlineMono: number) {
  const { clock, heartbeats: bucket } = parts;
  const byId = new Map<string, Beat>();
  const heard = new Map<string, HeardLast>();
  const malformed = new Set<string>();
  let brokerLeadMs = 0;

  const decode = (key: string, value: Uint8Array, ageMs: Beat["ageMs"]): Beat | undefined => {
    const decoded = decodeBeat(key, value);
    if (decoded.ok) return { ...pick(decoded.value), ageMs };
    malformed.add(key);
    return undefined;
  };

  const replay = await replayHearing(parts, bucket, deadlineMono, {
    onEntry({ key, value, operation, storedAt }) {
      if (operation !== "put") return;
      const beat = decode(key, value, (nowMono) => Math.max(0, nowMono + brokerLeadMs - storedAt));
      if (beat) byId.set(key, beat);
    },
    onWrite(write) {
      const heardMono = clock.monoMs();
      if (write.operation === "put") {
        const beat = decode(write.key, write.value, (nowMono) => nowMono - heardMono);
        if (beat) heard.set(write.key, { beat });
      } else {
        const session = write.header(HEADER_SESSION);
        if (endsSession(session, heard.get(write.key)?.beat)) heard.set(write.key, { left: session });
      }
    },
  });
  const timeoutMs = Math.max(1, deadlineMono - clock.monoMs());
  const state = replay && (await unlessMissing(bucket.state({ timeoutMs })));
  if (!state) return undefined;

  brokerLeadMs = replay.brokerLeadMs;
  for (const [key, { beat, left }] of heard) {
    if (beat) byId.set(key, beat);
    else if (endsSession(left, byId.get(key))) byId.delete(key);
  }
  return { byId, malformed, staleAfterMs: STALE_TTLS * (state.ttlMs || ASSUMED_TTL_MS) };
}

/** Whether a delete marker ends the beat known last: an old process may say goodbye after its successor began. */
function endsSession(markerSession: string | undefined, beat: Beat | undefined): boolean {
  return markerSession === undefined || beat?.session === undefined || markerSession === beat.session;
}

/** Listens, then reads the bucket through; `undefined` if there is no such bucket. */
async function replayHearing(
  { clock, signal }: ListPeelsParts,
  bucket: Bucket,
  deadlineMono: number,
  on: { onEntry: (entry: BucketEntry) => void; onWrite: (write: HeardWrite) => void },
): Promise<{ brokerLeadMs: number } | undefined> {
  const leftMs = () => Math.max(1, deadlineMono - clock.monoMs());
  const bounds = { timeoutMs: leftMs(), ...(signal && { signal }) };
  const hearing = bucket.hear(on.onWrite);
  try {
    await withDeadline({ clock, what: `listen to ${bucket.name}`, ...bounds }, () => hearing.ready);
    const startedMono = clock.monoMs();
    const replay = await unlessMissing(bucket.replay(on.onEntry, { ...bounds, timeoutMs: leftMs() }));
    return replay && { brokerLeadMs: replay.brokerNow - startedMono };
  } finally {
    hearing.close();
  }
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isFleetError(error, "BUCKET_MISSING")) return undefined;
    throw error;
  }
}
