import type { Bucket, BucketEntry, HeardWrite } from "@fleet/bus";
import { type Clock, isFleetError, withDeadline } from "@fleet/runtime";
import { decodeFacts, decodeHeartbeat, type Facts, factText, HEADER_SESSION, isPeelId } from "@fleet/wire";

/** One peel in a listing; what is not known is `undefined`. */
export interface ListedPeel {
  readonly id: string;
  readonly os: string | undefined;
  readonly arch: string | undefined;
  /** Version of the agent, from its beat, or from its facts when it is away. */
  readonly version: string | undefined;
  /** Whether it beats; `undefined` when there is no heartbeat bucket to know from. */
  readonly online: boolean | undefined;
  /** Time since its last beat by the broker's clock, in ms; `undefined` when the bucket has none. */
  readonly lastSeenMs: number | undefined;
}

/** Every peel that has told its facts or beats. */
export interface PeelListing {
  /** Sorted by id. */
  readonly peels: readonly ListedPeel[];
  /** Records that could not be read, and were skipped. */
  readonly malformed: number;
}

export interface ListPeelsParts {
  readonly facts: Bucket;
  readonly heartbeats: Bucket;
  readonly clock: Clock;
  /** Longest time for the whole listing. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface Beat {
  readonly version: string;
  readonly session: string | undefined;
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
  const beats = await readBeats(parts, deadlineMono);
  const nowMono = parts.clock.monoMs();

  const ids = new Set([...facts.byId.keys(), ...(beats?.byId.keys() ?? [])]);
  const peels = [...ids].sort().map((id): ListedPeel => {
    const told = facts.byId.get(id) ?? {};
    const beat = beats?.byId.get(id);
    const lastSeenMs = beat?.ageMs(nowMono);
    const online = lastSeenMs !== undefined && lastSeenMs <= (beats?.staleAfterMs ?? 0);
    return {
      id,
      os: factText(told, "os", "name"),
      arch: factText(told, "os", "arch"),
      version: beat?.version || factText(told, "peel", "version"),
      online: beats && online,
      lastSeenMs,
    };
  });
  return { peels, malformed: facts.malformed.size + (beats?.malformed.size ?? 0) };
}

async function readFacts(parts: ListPeelsParts, deadlineMono: number) {
  const { facts: bucket, clock } = parts;
  const byId = new Map<string, Facts>();
  const malformed = new Set<string>();
  const take = ({ key, operation, value }: BucketEntry) => {
    if (operation !== "put") return;
    const decoded = isPeelId(key) ? decodeFacts(value) : undefined;
    if (decoded?.ok) byId.set(key, decoded.value);
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
    const decoded = isPeelId(key) ? decodeHeartbeat(value) : undefined;
    if (decoded?.ok) return { version: decoded.value.version, session: decoded.value.session, ageMs };
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
