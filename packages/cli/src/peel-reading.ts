import type { Bucket, BucketEntry } from "@fleet/bus";
import { explainState, type ListedPeel, readListedFacts } from "@fleet/presence";
import { isFleetError, systemClock } from "@fleet/runtime";
import {
  type Decoded,
  decodeFacts,
  decodeHeartbeat,
  decodeRosterRecord,
  type Facts,
  type PeelDetail,
} from "@fleet/wire";
import type { AnswerSource } from "./peel-document.ts";

/** What is known of one peel. */
export interface FoundPeel extends AnswerSource {
  readonly peel: ListedPeel & Pick<PeelDetail["peel"], "rival" | "protocol" | "seq">;
  readonly evidence: readonly string[];
  readonly facts: Facts | undefined;
}

export interface PeelBuckets {
  readonly facts: Bucket;
  readonly heartbeats: Bucket;
  readonly roster: Bucket;
}

/** Reads what the buckets have of one peel; `undefined` if they have nothing. */
export async function readPeel(
  id: string,
  { facts, heartbeats, roster }: PeelBuckets,
  { timeoutMs }: { timeoutMs: number },
): Promise<FoundPeel | undefined> {
  const read = async <T>(bucket: Bucket, decode: (bytes: Uint8Array) => Decoded<T>) => {
    const entry = await lastOf(bucket, id, timeoutMs);
    const decoded = entry?.operation === "put" ? decode(entry.value) : undefined;
    return { entry, value: decoded?.ok ? decoded.value : undefined };
  };
  const [beat, told, record, brokerNow] = await Promise.all([
    read(heartbeats, decodeHeartbeat),
    read(facts, decodeFacts),
    read(roster, decodeRosterRecord),
    nowOf(heartbeats, timeoutMs),
  ]);
  if (!beat.value && !told.value && !record.value) return undefined;
  const asOf = brokerNow ?? systemClock.wallMs();
  const lastSeenMs = beat.value && beat.entry ? Math.max(0, asOf - beat.entry.storedAt) : undefined;
  const listed = told.value && readListedFacts(told.value);
  const explained = explainState(brokerNow === undefined ? undefined : beat.value !== undefined, record.value, asOf);
  return {
    source: "buckets",
    asOf,
    blindness: undefined,
    peel: {
      id,
      ...explained,
      lastSeenMs,
      version: beat.value?.version || listed?.version || record.value?.version || undefined,
      os: listed?.os,
      arch: listed?.arch,
      labels: listed?.labels ?? {},
      session: beat.value?.session ?? record.value?.session,
      rival: record.value?.rival,
      intervalMs: beat.value?.intervalMs,
      clockSkewMs: undefined,
      protocol: beat.value?.protocol ?? record.value?.protocol ?? 0,
      seq: beat.value?.seq,
    },
    evidence: [
      beat.value ? "the heartbeat bucket has its key" : "the heartbeat bucket does not have its key",
      record.value
        ? `the roster has it as ${record.value.state} (${record.value.reason})`
        : "the roster does not have it",
    ],
    facts: told.value,
  };
}

/** The key's last message; `undefined` without one, and without a bucket. */
async function lastOf(bucket: Bucket, id: string, timeoutMs: number): Promise<BucketEntry | undefined> {
  try {
    return await bucket.get(id, { fromLeader: true, timeoutMs });
  } catch (error) {
    if (isFleetError(error, "BUCKET_MISSING")) return undefined;
    throw error;
  }
}

/** The broker's time, or this machine's with servers that do not tell it; `undefined` without the bucket. */
async function nowOf(bucket: Bucket, timeoutMs: number): Promise<number | undefined> {
  try {
    return (await bucket.state({ timeoutMs })).brokerNow ?? systemClock.wallMs();
  } catch (error) {
    if (isFleetError(error, "BUCKET_MISSING")) return undefined;
    throw error;
  }
}
