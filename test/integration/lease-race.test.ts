import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningCluster } from "@fleet/broker";
import { resolveTestServerVersions, startTestCluster } from "@fleet/broker/testing";
import { createBucket, setUpBucket } from "@fleet/bus";
import { createLeaseStore, type LeaseFound, type LeaseStore } from "@fleet/lease";
import { isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { LEASE_BUCKET, leaseBucketSpec } from "@fleet/wire";
import { type BusSession, connectSession } from "./bus-session.ts";

const CONTENDERS = 4;
const ROUNDS = 60;
const TTL_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** A cluster that has just chosen a leader can drop a request: it is asked again then. */
const ATTEMPT_MS = 1_000;
const PATIENCE = { timeoutMs: 30_000 };

/** Takes the lease over what was found, as a contender does; resolves to the revision, `undefined` if it was refused. */
async function take(store: LeaseStore, found: LeaseFound): Promise<number | undefined> {
  assert.ok("freeAt" in found, "it is free");
  const expected = { expectedRevision: found.freeAt, expectedBucketRevision: found.bucketRevision };
  try {
    return await store.write({ ...expected, term: undefined, acquiredAt: Date.now(), timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (!isFleetError(error, "REVISION_CONFLICT")) throw error;
    return undefined;
  }
}

for (const { label, path, skip } of await resolveTestServerVersions()) {
  describe(`contenders for a lease on three copies, ${label}`, { skip: skip ?? false }, () => {
    let cluster: RunningCluster;
    let sessions: BusSession[];
    before(async () => {
      cluster = await startTestCluster({ path });
      // Each asks another server: the leader gets their writes by different ways.
      sessions = await Promise.all(
        Array.from({ length: CONTENDERS }, (_, index) =>
          connectSession({ urls: [cluster.urls[index % cluster.urls.length] as string] }),
        ),
      );
    });
    after(async () => {
      await Promise.all(sessions.map((session) => session.stop()));
      await cluster.stop();
    });

    const storesOf = (name: string) =>
      sessions.map(({ connection }, index) =>
        createLeaseStore({
          bucket: createBucket(connection, LEASE_BUCKET),
          name,
          holder: `contender-${index}`,
          session: `session-${index}`,
          ttlMs: TTL_MS,
        }),
      );

    it("get it one at a time, at first and whenever it has been released", async () => {
      const [first] = sessions as [BusSession];
      await setUpBucket(first.connection, leaseBucketSpec({ ttlMs: TTL_MS }), { replicas: 3 });
      // Each of their servers knows the bucket, which a cluster tells from one to the other in its own time.
      for (const { connection } of sessions) {
        const bucket = createBucket(connection, LEASE_BUCKET);
        await eventually(() => bucket.put("known", new Uint8Array(), { timeoutMs: ATTEMPT_MS }), PATIENCE);
      }
      const stores = storesOf("publisher");
      for (let round = 0; round < ROUNDS; round += 1) {
        const found = await Promise.all(
          stores.map((store) =>
            eventually(async () => {
              const answer = await store.read(ATTEMPT_MS);
              assert.ok("freeAt" in answer, "released, and the leader knows it");
              return answer;
            }, PATIENCE),
          ),
        );
        const outcomes = await Promise.all(stores.map((store, index) => take(store, found[index] as LeaseFound)));
        const winners = outcomes.flatMap((revision, index) => (revision === undefined ? [] : [{ index, revision }]));
        assert.equal(winners.length, 1, `round ${round}: ${JSON.stringify(winners)}`);
        const [{ index, revision }] = winners as [{ index: number; revision: number }];
        await stores[index]?.release(revision, TIMEOUT_MS);
      }
    });
  });
}
