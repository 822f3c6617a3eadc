import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createFakeClock } from "@fleet/runtime/testing";
import { LEASE_BUCKET } from "@fleet/wire";
import { listLeases } from "./lease-listing.ts";
import { createLeaseStore } from "./lease-store.ts";

test("every lease that is held is listed by name, with what its holder tells; a released one is not", async () => {
  const clock = createFakeClock();
  const bucket = createMemoryBucket({ name: LEASE_BUCKET, clock, ttlMs: 15_000 });
  const store = (name: string) =>
    createLeaseStore({ bucket, name, holder: `holder-of-${name}`, session: "session", ttlMs: 15_000 });
  const acquiredAt = clock.wallMs();
  const write = { expectedRevision: 0, term: 4, acquiredAt, timeoutMs: 1_000 };
  await clock.advance(1_000);
  await store("publisher").write(write);
  await bucket.put("another-make", new TextEncoder().encode("master-x"));
  await store("released").release(await store("released").write(write), 1_000);
  await clock.advance(2_000);
  assert.deepEqual(await listLeases(bucket, 1_000), [
    { name: "another-make", holder: "master-x", term: undefined, heldMs: undefined, renewedMs: 2_000, leftMs: 13_000 },
    { name: "publisher", holder: "holder-of-publisher", term: 4, heldMs: 3_000, renewedMs: 2_000, leftMs: 13_000 },
  ]);
});
