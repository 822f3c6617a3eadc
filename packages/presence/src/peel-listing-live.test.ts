// A listing of a fleet that does not stand still while it is read.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bucket, BucketEntry } from "@fleet/bus";
import { createMemoryBucket, type MemoryBucket } from "@fleet/bus/testing";
import { isFleetError, sleep } from "@fleet/runtime";
import { createFakeClock } from "@fleet/runtime/testing";
import { encodeFacts, encodeHeartbeat } from "@fleet/wire";
import { isOnline, listPeels } from "./peel-listing.ts";

const beat = (session?: string, version = "1.2.3"): Uint8Array =>
  encodeHeartbeat({ sentAt: 0, version, protocol: 1, ...(session && { session }) });
const facts = (version = "1.0.0"): Uint8Array => encodeFacts({ peel: { version } });
const goodbye = (session: string) => ({ headers: { "Fleet-Session": session } });

/** What others do while a bucket is read: before the first entry, and after the one of a key. */
interface Meanwhile {
  readonly first?: () => Promise<unknown>;
  readonly after?: Readonly<Record<string, () => Promise<unknown>>>;
}

/** A bucket read as a real one is: a key rewritten before its turn is passed over. */
function readWhile(bucket: MemoryBucket, { first, after = {} }: Meanwhile): Bucket {
  return {
    ...bucket,
    async replay(visit, options) {
      const entries: BucketEntry[] = [];
      const result = await bucket.replay((entry) => entries.push(entry), options);
      await first?.();
      for (const entry of entries) {
        const now = await bucket.get(entry.key);
        if (now?.revision === entry.revision) visit(entry, result);
        await after[entry.key]?.();
      }
      return result;
    },
  };
}

function createBroker() {
  const clock = createFakeClock();
  const factsBucket = createMemoryBucket({ name: "facts", clock });
  const heartbeats = createMemoryBucket({ name: "peel-heartbeat", clock, ttlMs: 30_000 });
  const list = async (whileBeats: Meanwhile, whileFacts: Meanwhile = {}) => {
    const { peels, malformed } = await listPeels({
      facts: readWhile(factsBucket, whileFacts),
      heartbeats: readWhile(heartbeats, whileBeats),
      clock,
      timeoutMs: 5_000,
    });
    return { rows: peels.map(({ id, state, version }) => [id, isOnline(state), version]), peels, malformed };
  };
  return { clock, facts: factsBucket, heartbeats, list };
}

test("a beat rewritten before its turn is listed, with the age of the new one", async () => {
  const { clock, heartbeats, list } = createBroker();
  await heartbeats.put("web1", beat("a", "old"));
  await clock.advance(9_000);
  const { rows, peels } = await list({
    async first() {
      await heartbeats.put("web1", beat("a", "new"));
      await clock.advance(300);
    },
  });
  assert.deepEqual([rows, peels[0]?.lastSeenMs], [[["web1", true, "new"]], 300]);
});

test("a beat rewritten after its turn is listed as it is now", async () => {
  const { clock, heartbeats, list } = createBroker();
  await heartbeats.put("web1", beat("a", "old"));
  await clock.advance(9_000);
  const { rows, peels } = await list({ after: { web1: () => heartbeats.put("web1", beat("a", "new")) } });
  assert.deepEqual([rows, peels[0]?.lastSeenMs], [[["web1", true, "new"]], 0]);
});

test("every peel of a fleet that beats all the time is listed", async () => {
  const { heartbeats, list } = createBroker();
  const ids = Array.from({ length: 100 }, (_, index) => `web${String(index).padStart(2, "0")}`);
  for (const id of ids) await heartbeats.put(id, beat("a"));
  const rewriteAll = async () => {
    for (const id of ids) await heartbeats.put(id, beat("a"));
  };
  const { rows } = await list({ after: { web07: rewriteAll, web50: rewriteAll } });
  assert.deepEqual(
    rows,
    ids.map((id) => [id, true, "1.2.3"]),
  );
});

test("a peel that comes while the beats are read is listed", async () => {
  const { heartbeats, list } = createBroker();
  await heartbeats.put("web1", beat("a"));
  const { rows } = await list({ after: { web1: () => heartbeats.put("web2", beat("b")) } });
  assert.deepEqual(rows, [
    ["web1", true, "1.2.3"],
    ["web2", true, "1.2.3"],
  ]);
});

test("a peel that leaves while the beats are read is away, before its turn and after it", async () => {
  const { facts: factsBucket, heartbeats, list } = createBroker();
  for (const id of ["web1", "web2"]) {
    await factsBucket.put(id, facts());
    await heartbeats.put(id, beat("a"));
  }
  const { rows } = await list({
    first: () => heartbeats.delete("web1", goodbye("a")),
    after: { web2: () => heartbeats.delete("web2", goodbye("a")) },
  });
  assert.deepEqual(rows, [
    ["web1", false, "1.0.0"],
    ["web2", false, "1.0.0"],
  ]);
});

test("the goodbye of an old process does not end its successor, stored or heard", async () => {
  const { heartbeats, list } = createBroker();
  await heartbeats.put("stored", beat("new"));
  const oldOnesLeave = async () => {
    // The broker refuses them; those who listen hear them all the same.
    for (const id of ["stored", "heard"]) {
      const options = { ...goodbye("old"), expectedRevision: 999 };
      await assert.rejects(heartbeats.delete(id, options), (error) => isFleetError(error, "REVISION_CONFLICT"));
    }
  };
  const { rows } = await list({
    after: {
      async stored() {
        await heartbeats.put("heard", beat("new"));
        await oldOnesLeave();
      },
    },
  });
  assert.deepEqual(rows, [
    ["heard", true, "1.2.3"],
    ["stored", true, "1.2.3"],
  ]);
});

test("a peel that left and came back while the beats are read is online", async () => {
  const { heartbeats, list } = createBroker();
  await heartbeats.put("web1", beat("a"));
  const restart = async () => {
    await heartbeats.delete("web1", goodbye("a"));
    await heartbeats.put("web1", beat("b", "2.0.0"));
  };
  for (const meanwhile of [{ first: restart }, { after: { web1: restart } }]) {
    assert.deepEqual((await list(meanwhile)).rows, [["web1", true, "2.0.0"]]);
  }
});

test("a marker without a session ends any beat, and a beat without a session ends by any marker", async () => {
  const { heartbeats, list } = createBroker();
  await heartbeats.put("ours", beat("a"));
  await heartbeats.put("theirs", beat());
  const { rows } = await list({
    after: {
      async theirs() {
        await heartbeats.delete("ours");
        await heartbeats.delete("theirs", goodbye("b"));
      },
    },
  });
  assert.deepEqual(rows, []);
});

test("garbage heard while reading is counted once for its key, and the stored beat stays", async () => {
  const { heartbeats, list } = createBroker();
  await heartbeats.put("web1", beat("a"));
  const { rows, malformed } = await list({
    after: {
      async web1() {
        for (let turn = 0; turn < 5; turn += 1) await heartbeats.put("web1", Uint8Array.of(0xc1));
        await heartbeats.put("a.b", beat("a"));
      },
    },
  });
  assert.deepEqual([rows, malformed], [[["web1", true, "1.2.3"]], 2]);
});

test("facts rewritten before their turn are read one by one, and only those", async () => {
  const { facts: factsBucket, list } = createBroker();
  for (const id of ["web1", "web2"]) await factsBucket.put(id, facts("old"));
  let gets = 0;
  const { get } = factsBucket;
  factsBucket.get = (key, options) => {
    if (options?.fromLeader) gets += 1;
    return get(key, options);
  };
  const { rows } = await list(
    {},
    {
      async first() {
        await factsBucket.put("web1", facts("new"));
        await factsBucket.put("web3", facts("new"));
        await factsBucket.put("web4", facts("new"));
        await factsBucket.delete("web4");
      },
      after: { web2: () => factsBucket.put("web2", facts("newer")) },
    },
  );
  assert.deepEqual(rows, [
    ["web1", false, "new"],
    ["web2", false, "old"],
    ["web3", false, "new"],
  ]);
  assert.equal(gets, 3);
});

test("what is written under keys that are no peel's, or into a bucket that is none, does not end the listing", async () => {
  const { clock, facts: factsBucket, heartbeats } = createBroker();
  await heartbeats.put("web1", beat("a"));
  let gets = 0;
  const strange: Bucket = {
    ...factsBucket,
    get(key, options) {
      gets += 1;
      return factsBucket.get(key, options);
    },
    hear(onWrite) {
      for (const key of ["a:b", "", "ü", ">", "web9"]) {
        onWrite({ key, value: new Uint8Array(), operation: "put", header: () => undefined });
      }
      return factsBucket.hear(onWrite);
    },
  };
  for (const removed of [false, true]) {
    if (removed) factsBucket.remove();
    const { peels } = await listPeels({ facts: strange, heartbeats, clock, timeoutMs: 5_000 });
    assert.deepEqual(
      peels.map(({ id }) => id),
      ["web1"],
    );
  }
  assert.equal(gets, 1, "of the one key that can be a peel's, while there was a bucket");
});

test("a listing ends in its time, whatever does not answer", async () => {
  const never = new Promise<never>(() => {});
  for (const deaf of ["facts", "heartbeats"] as const) {
    const clock = createFakeClock();
    const parts = {
      facts: createMemoryBucket({ name: "facts", clock }),
      heartbeats: createMemoryBucket({ name: "peel-heartbeat", clock }),
    };
    let closed = 0;
    const bucket: Bucket = { ...parts[deaf], hear: () => ({ ready: never, close: () => (closed += 1) }) };
    const listing = listPeels({ ...parts, [deaf]: bucket, clock, timeoutMs: 5_000 });
    let ended = false;
    const refused = assert
      .rejects(listing, (error) => isFleetError(error, "DEADLINE_EXCEEDED"))
      .finally(() => {
        ended = true;
      });
    await clock.advance(4_999);
    assert.equal(ended, false);
    await clock.advance(1);
    await refused;
    assert.deepEqual([closed, clock.pendingTimers], [1, 0]);
  }
});

test("what it asks for is given what is left of its time", async () => {
  const clock = createFakeClock();
  const timeouts: (number | undefined)[] = [];
  const slowly = (name: string): Bucket => {
    const bucket = createMemoryBucket({ name, clock });
    return {
      ...bucket,
      hear: (onWrite) => ({ ...bucket.hear(onWrite), ready: sleep(clock, 500) }),
      async replay(visit, options) {
        timeouts.push(options.timeoutMs);
        await sleep(clock, 1_000);
        return bucket.replay(visit, options);
      },
      state(options) {
        timeouts.push(options?.timeoutMs);
        return bucket.state(options);
      },
    };
  };
  const listing = listPeels({ facts: slowly("facts"), heartbeats: slowly("peel-heartbeat"), clock, timeoutMs: 5_000 });
  await clock.advance(3_000);
  await listing;
  assert.deepEqual(timeouts, [4_500, 3_000, 2_000]);
});
