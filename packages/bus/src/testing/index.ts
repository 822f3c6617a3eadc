export { type BucketUnderTest, type BucketUnderTestOptions, bucketContract } from "./bucket-contract.ts";
export { createMemoryBucket, type MemoryBucket, type MemoryBucketOptions } from "./memory-bucket.ts";
