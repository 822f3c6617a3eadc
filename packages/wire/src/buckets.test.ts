import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bucketStream,
  bucketSubject,
  FACTS_BUCKET,
  factsBucketSpec,
  HEARTBEAT_BUCKET,
  heartbeatBucketSpec,
  keyOfSubject,
} from "./buckets.ts";
import { parseKeyOperation } from "./headers.ts";

test("a bucket's stream and subjects are where every NATS client looks for them", () => {
  assert.equal(bucketStream("peel-heartbeat"), "KV_peel-heartbeat");
  assert.equal(bucketSubject("peel-heartbeat", "web_1"), "$KV.peel-heartbeat.web_1");
});

test("the key comes back out of its subject", () => {
  const token = fc.stringMatching(/^[a-zA-Z0-9_-]{1,40}$/);
  fc.assert(
    fc.property(token, fc.array(token, { minLength: 1, maxLength: 3 }), (bucket, tokens) => {
      const key = tokens.join(".");
      assert.equal(keyOfSubject(bucket, bucketSubject(bucket, key)), key);
    }),
  );
});

test("the heartbeat bucket keeps one beat a peel for its TTL, on disk unless told otherwise", () => {
  const spec = { name: HEARTBEAT_BUCKET, ttlMs: 30_000, history: 1 };
  assert.deepEqual(heartbeatBucketSpec({ ttlMs: 30_000 }), { ...spec, storage: "file" });
  assert.deepEqual(heartbeatBucketSpec({ ttlMs: 30_000, storage: "memory" }), { ...spec, storage: "memory" });
});

test("facts stay for ever: a dead peel is still known", () => {
  assert.deepEqual(factsBucketSpec, { name: FACTS_BUCKET, ttlMs: 0, history: 1, storage: "file" });
});

test("a message is a put unless its header names a removal", () => {
  assert.equal(parseKeyOperation("DEL"), "delete");
  assert.equal(parseKeyOperation("PURGE"), "purge");
  for (const header of [undefined, "", "PUT", "del", "SOMETHING"]) assert.equal(parseKeyOperation(header), "put");
});
