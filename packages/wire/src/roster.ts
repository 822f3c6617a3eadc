import type { BucketSpec } from "./buckets.ts";

/** Key = peel id, value = its last transition; keys that begin with `_` belong to the fence. */
export const ROSTER_BUCKET = "peel-presence";

/** The roster: the last transitions of every peel, for ever. */
export const rosterBucketSpec: BucketSpec = { name: ROSTER_BUCKET, ttlMs: 0, history: 16, storage: "file" };
