/** What a bucket must be. */
export interface BucketSpec {
  readonly name: string;
  /** Age at which the broker drops a key; 0 for never. */
  readonly ttlMs: number;
  /** Values kept for one key. */
  readonly history: number;
  readonly storage: "file" | "memory";
}

/** Key = peel id, value = its last beat. */
export const HEARTBEAT_BUCKET = "peel-heartbeat";
/** Key = peel id, value = what it told of its machine. */
export const FACTS_BUCKET = "facts";

/** The heartbeat bucket with a given TTL; `name` is that of a partition, if it is one. */
export function heartbeatBucketSpec(options: {
  ttlMs: number;
  storage?: "file" | "memory";
  name?: string;
}): BucketSpec {
  const { ttlMs, storage = "file", name = HEARTBEAT_BUCKET } = options;
  return { name, ttlMs, history: 1, storage };
}

/** The facts bucket: a dead peel's facts stay. */
export const factsBucketSpec: BucketSpec = { name: FACTS_BUCKET, ttlMs: 0, history: 1, storage: "file" };

/** Name of the stream behind a bucket. A dot parts the tokens of its subjects; a stream's name can have none. */
export function bucketStream(bucket: string): string {
  return `KV_${bucket.replaceAll(".", "-")}`;
}

/** Subject of one key of a bucket. */
export function bucketSubject(bucket: string, key: string): string {
  return `$KV.${bucket}.${key}`;
}

/** The key in a bucket's subject. The subject must be one of this bucket. */
export function keyOfSubject(bucket: string, subject: string): string {
  return subject.slice("$KV..".length + bucket.length);
}
