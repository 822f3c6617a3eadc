import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketStream, bucketSubject, HEARTBEAT_BUCKET, keyOfSubject } from "./buckets.ts";
import { presenceNames } from "./partition.ts";
import { presenceSubject } from "./presence-query.ts";
import { ROSTER_BUCKET } from "./roster.ts";

test("a fleet that is not split has the names that everyone knows", () => {
  assert.deepEqual(presenceNames(), {
    heartbeats: HEARTBEAT_BUCKET,
    roster: ROSTER_BUCKET,
    publisherLease: "publisher",
  });
  assert.equal(presenceSubject("list"), "fleet.presence.list");
});

test("a partition has a stream, a roster, a lease and questions of its own", () => {
  const { heartbeats, roster, publisherLease } = presenceNames(0);
  assert.equal(bucketStream(heartbeats), "KV_peel-heartbeat-partition-0");
  assert.equal(bucketSubject(heartbeats, "web-1"), "$KV.peel-heartbeat-partition.0.web-1");
  assert.equal(keyOfSubject(heartbeats, "$KV.peel-heartbeat-partition.0.web-1"), "web-1");
  assert.deepEqual([roster, publisherLease], ["peel-presence-0", "publisher-0"]);
  assert.equal(presenceSubject("list", 0), "fleet.presence.list.0");
});
