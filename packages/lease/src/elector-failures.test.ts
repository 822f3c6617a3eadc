import assert from "node:assert/strict";
import { test } from "node:test";
import { busErrors } from "@fleet/bus";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createDeferred } from "@fleet/runtime";
import { LEASE_BUCKET } from "@fleet/wire";
import { createLeaseStore, type LeaseStore } from "./lease-store.ts";
import { createElectorScene, LEASE } from "./testing/elector-scene.ts";

const hangs = () => new Promise<never>(() => {});
const text = (value: string) => new TextEncoder().encode(value);

/** A store whose writes can be made to hang for ever, or to be stored and reported as unknown. */
function unreliable(): { writes: "good" | "hang" | "lose the reply"; between(store: LeaseStore): LeaseStore } {
  return {
    writes: "good",
    between(store) {
      return {
        ...store,
        write: async (options) => {
          if (this.writes === "hang") return hangs();
          const revision = await store.write(options);
          if (this.writes === "lose the reply") throw busErrors.create("TIMEOUT", "no answer");
          return revision;
        },
      };
    },
  };
}

test("the work ends at the deadline, counted from the start of the last good renew, even while a write hangs", async () => {
  const { clock, candidate, config } = createElectorScene();
  const store = unreliable();
  const one = candidate("one", { between: (inner) => store.between(inner) });
  await clock.advance(6_500);
  store.writes = "hang";
  await clock.advance(6_000 + config.renewDeadlineMs - 6_500 - 1);
  const [grant] = one.grants;
  assert.equal(grant?.signal.aborted, false);
  assert.equal(grant?.isHeld(), true);
  await clock.advance(1);
  assert.equal(grant?.signal.aborted, true);
  assert.equal(grant?.isHeld(), false);
  assert.equal(one.elector.standing.role, "standby");
  assert.deepEqual(one.logger.lines.at(-1), {
    level: "warn",
    message: "leader lease lost",
    fields: { key: LEASE, holder: "one", error: "no renew succeeded before the deadline" },
  });
});

test("told to stop while a write hangs, the holder ends its work at once", async () => {
  const { clock, candidate } = createElectorScene();
  const store = unreliable();
  const one = candidate("one", { between: (inner) => store.between(inner) });
  await clock.advance(100);
  store.writes = "hang";
  await clock.advance(5_000);
  assert.equal(one.grants[0]?.signal.aborted, false);
  one.stop();
  await clock.advance(0);
  assert.equal(one.grants[0]?.signal.aborted, true);
});

test("an outage shorter than the deadline costs nothing but tries", async () => {
  const { clock, bucket, candidate } = createElectorScene();
  const errors: unknown[] = [];
  const one = candidate("one", { onError: (error) => errors.push(error) });
  await clock.advance(4_000);
  bucket.failure = busErrors.create("UNAVAILABLE", "no leader");
  await clock.advance(7_000);
  assert.ok(errors.length > 10 && errors.length < 50, `${errors.length} tries in 5 s`);
  assert.equal(one.elector.trouble?.error, "no leader");
  bucket.failure = undefined;
  await clock.advance(1_000);
  assert.equal(one.elector.trouble, undefined);
  assert.equal(one.grants.length, 1);
  assert.equal(one.grants[0]?.isHeld(), true);
  assert.equal(one.lines().length, 2, "nobody needs to know");
});

test("a holder that finds another in its place ends its work at once, and stands by", async () => {
  const { clock, bucket, candidate } = createElectorScene();
  const one = candidate("one");
  await clock.advance(1_000);
  await bucket.put(LEASE, text("stranger"));
  await clock.advance(0);
  assert.equal(one.grants[0]?.signal.aborted, true);
  assert.deepEqual(one.logger.lines.at(-1)?.fields["error"], "another candidate holds it");
  await clock.advance(1);
  assert.deepEqual(one.elector.standing, { role: "standby", holder: "stranger", since: undefined });
});

test("a holder whose key was deleted by somebody else ends its work, and contends again", async () => {
  const { clock, bucket, candidate } = createElectorScene();
  const one = candidate("one");
  await clock.advance(1_000);
  await bucket.delete(LEASE);
  await clock.advance(100);
  assert.equal(one.grants[0]?.signal.aborted, true);
  assert.equal(one.logger.lines.find(({ level }) => level === "warn")?.fields["error"], "its key is gone");
  assert.equal(one.grants.length, 2);
  assert.ok((one.grants[1]?.term ?? 0) > (one.grants[0]?.term ?? 0));
});

test("a reply that was lost costs nothing, but does not move the deadline either", async () => {
  const { clock, candidate, config } = createElectorScene();
  const store = unreliable();
  const one = candidate("one", { between: (inner) => store.between(inner) });
  await clock.advance(2_999);
  store.writes = "lose the reply";
  await clock.advance(2);
  // The next one is refused; the record is found to be its own and is renewed.
  store.writes = "good";
  await clock.advance(30_000);
  assert.equal(one.grants.length, 1);
  assert.equal(one.grants[0]?.isHeld(), true);
  assert.equal(one.elector.trouble, undefined);

  // From now on all are stored and none is answered.
  const renewedAt = one.elector.standing.role === "holder" ? one.elector.standing.renewedAt : Number.NaN;
  store.writes = "lose the reply";
  await clock.advance(renewedAt + config.renewDeadlineMs - clock.wallMs() - 1);
  assert.equal(one.grants[0]?.isHeld(), true);
  await clock.advance(1);
  assert.equal(one.grants[0]?.isHeld(), false);
  assert.equal(one.grants[0]?.signal.aborted, true);
});

test("when the bucket is lost the term ends; in the new one it is greater than any that the guarded has seen", async () => {
  const { clock, bucket, candidate } = createElectorScene();
  let guarded = 41;
  const one = candidate("one", { lastTerm: async () => guarded });
  await clock.advance(100);
  assert.equal(one.grants[0]?.term, 42);
  guarded = 42;
  bucket.remove();
  await clock.advance(20_000);
  assert.equal(one.grants[0]?.signal.aborted, true);
  bucket.restore();
  const two = candidate("two", { lastTerm: async () => guarded });
  await clock.advance(20_000);
  const later = [...one.grants.slice(1), ...two.grants];
  assert.deepEqual(
    later.map(({ term }) => term),
    [43],
  );
});

test("a candidate does not go back behind a term that it has met with, even if nothing else remembers it", async () => {
  const { clock, bucket, candidate } = createElectorScene();
  const one = candidate("one", { lastTerm: async () => 99 });
  await clock.advance(100);
  const two = candidate("two");
  await clock.advance(100);
  bucket.remove();
  bucket.restore();
  one.stop();
  await clock.advance(20_000);
  assert.deepEqual(
    two.grants.map(({ term }) => term),
    [101],
  );
});

test("a candidate that cannot find the last term gives the lease up in time for others to try", async () => {
  const { clock, candidate, config } = createElectorScene();
  const one = candidate("one", {
    lastTerm: async () => {
      throw new Error("the roster does not answer");
    },
  });
  await clock.advance(100);
  const two = candidate("two");
  await clock.advance(config.renewDeadlineMs - 101);
  assert.equal(two.grants.length, 0);
  assert.ok(one.elector.unheldMs > 10_000, "nobody works, so nobody holds it");
  await clock.advance(200);
  assert.equal(two.grants.length, 1);
  assert.deepEqual(one.grants, []);
  assert.equal(one.lines().at(-2), "warn: leader lease given up");
});

test("a candidate whose acquiring write is answered after it was told to stop gives the lease back", async () => {
  const { clock, bucket, candidate } = createElectorScene();
  const answer = createDeferred();
  const one = candidate("one", {
    between: (store) => ({
      ...store,
      async write(options) {
        const revision = await store.write(options);
        await answer.promise;
        return revision;
      },
    }),
  });
  await clock.advance(100);
  one.stop();
  await clock.advance(100);
  assert.equal(one.hasEnded(), false);
  answer.resolve();
  await clock.advance(0);
  assert.equal(one.hasEnded(), true);
  assert.deepEqual(one.grants, []);
  assert.equal((await bucket.get(LEASE))?.operation, "delete");
});

test("a bucket with another TTL is not relied on, and the reason names both", async () => {
  const { clock, candidate, config } = createElectorScene();
  const bucket = createMemoryBucket({ name: LEASE_BUCKET, clock, ttlMs: 10_000 });
  const one = candidate("one", {
    between: () => createLeaseStore({ bucket, name: LEASE, holder: "one", session: "session", ttlMs: config.ttlMs }),
  });
  await clock.advance(20_000);
  assert.deepEqual(one.grants, []);
  assert.ok((one.elector.trouble?.forMs ?? 0) >= 20_000);
  assert.match(one.elector.trouble?.error ?? "", /leases .*10s.*publisher.*15s/);
});

test("after a pause past the deadline isHeld says no before the signal has had its turn", async () => {
  const { clock, candidate, config } = createElectorScene();
  let pausedMs = 0;
  const one = candidate("one", { clock: { ...clock, monoMs: () => clock.monoMs() + pausedMs } });
  await clock.advance(3_100);
  const [grant] = one.grants;
  assert.equal(grant?.isHeld(), true);
  pausedMs = config.renewDeadlineMs;
  assert.equal(grant?.isHeld(), false);
  assert.equal(grant?.signal.aborted, false);
  await clock.advance(config.renewIntervalMs);
  assert.equal(grant?.signal.aborted, true);
});

test("work does not begin on an answer that comes past the deadline", async () => {
  const { clock, candidate, config } = createElectorScene();
  let pausedMs = 0;
  let writes = 0;
  const begunAfterWrites: number[] = [];
  candidate("one", {
    clock: { ...clock, monoMs: () => clock.monoMs() + pausedMs },
    between: (store) => ({
      ...store,
      async write(options) {
        const revision = await store.write(options);
        writes += 1;
        // The second one confirms the term.
        if (writes === 2) pausedMs = config.renewDeadlineMs;
        return revision;
      },
    }),
    async work({ isHeld }) {
      begunAfterWrites.push(writes);
      assert.equal(isHeld(), true);
    },
  });
  await clock.advance(0);
  assert.deepEqual(begunAfterWrites, [4], "after it has acquired and confirmed anew");
});
