export { createMemoryBucket, type MemoryBucket, type MemoryBucketOptions } from "./memory-bucket.ts";
