import assert from "node:assert/strict";
import { afterEach, beforeEach, it } from "node:test";
import { isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import type { Bucket, BucketEntry, HeardWrite, ReplayOptions } from "../bucket.ts";
import { bucketWriteContract, bytesOf, isConflict, plain, text } from "./bucket-write-contract.ts";

/** A bucket to be held against the contract, with what only its owner can do. */
export interface BucketUnderTest {
  readonly bucket: Bucket;
  /** Removes the bucket with all that is in it; `recreate` makes it again, empty. */
  remove(): Promise<void>;
  recreate(): Promise<void>;
  /** Moves a clock that stands still; where the clock runs by itself there is nothing to do. */
  pass(durationMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface BucketUnderTestOptions {
  /** Age at which the bucket drops a key; 0 for never. */
  readonly ttlMs: number;
  /** Messages kept of one key. */
  readonly history: number;
}

const TTL_MS = 1_000;
const REPLAY = { timeoutMs: 10_000 };

/**
 * Declares what every {@link Bucket} promises, as tests of the `describe` it is called in: the twin in memory and the
 * bucket on JetStream must both pass. `makeBucket` gives each test an empty bucket of its own.
 */
export function bucketContract(makeBucket: (options: BucketUnderTestOptions) => Promise<BucketUnderTest>): void {
  let subject: BucketUnderTest;
  let bucket: Bucket;
  beforeEach(async () => {
    subject = await makeBucket({ ttlMs: 0, history: 1 });
    bucket = subject.bucket;
  });
  afterEach(() => subject.close());
  bucketWriteContract(() => bucket);

  const replayed = async (): Promise<BucketEntry[]> => {
    const entries: BucketEntry[] = [];
    await bucket.replay((entry) => entries.push(entry), REPLAY);
    return entries;
  };

  it("gives back what was put, with its revision and the broker's time", async () => {
    const revision = await bucket.put("web1", text("one"), { headers: { "Fleet-Session": "s1" } });
    for (const fromLeader of [false, true]) {
      const entry = await bucket.get("web1", { fromLeader });
      assert.ok(entry);
      const { storedAt, value, header, ...rest } = entry;
      assert.deepEqual(rest, { key: "web1", revision, operation: "put" });
      assert.equal(header("Fleet-Session"), "s1");
      assert.equal(header("Fleet-Term"), undefined);
      assert.equal(plain(value), "one");
      assert.ok(Number.isInteger(storedAt) && storedAt > Date.UTC(2025, 0), String(storedAt));
    }
  });

  it("has no entry for a key never written, nor for one that was purged", async () => {
    await bucket.put("web1", text("one"));
    await bucket.purge("web1", { before: 100 });
    for (const fromLeader of [false, true]) {
      for (const key of ["web1", "web2"]) assert.equal(await bucket.get(key, { fromLeader }), undefined);
    }
  });

  it("counts revisions up over all keys", async () => {
    const revisions: number[] = [];
    for (const key of ["a", "b", "a", "c", "b"]) revisions.push(await bucket.put(key, text(key)));
    revisions.push(await bucket.delete("a"), await bucket.put("a", text("again")));
    for (const [index, revision] of revisions.entries())
      assert.ok(index === 0 || revision > (revisions[index - 1] ?? 0));
    assert.equal((await bucket.state()).lastRevision, revisions.at(-1));
  });

  it("keeps values byte for byte, empty ones too, and does not share them with the writer", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    await bucket.put("all", bytes);
    await bucket.put("none", new Uint8Array());
    const kept = bytesOf(bytes);
    bytes.fill(7);
    for (const fromLeader of [false, true]) {
      assert.equal(bytesOf((await bucket.get("all", { fromLeader }))?.value), kept);
      assert.equal(bytesOf((await bucket.get("none", { fromLeader }))?.value), "");
    }
    assert.deepEqual(
      (await replayed()).map((entry) => bytesOf(entry.value)),
      [kept, ""],
    );
  });

  it("keeps the headers of a write, a delete marker's too, for whoever reads it in whatever way", async () => {
    await bucket.put("lease", text("a"), {
      headers: { "Fleet-Term": "7", "Fleet-Acquired-At": "2026-01-02T03:04:05Z" },
    });
    await bucket.delete("web1", { headers: { "Fleet-Session": "s1" } });
    const [lease, marker] = await replayed();
    for (const entry of [lease, await bucket.get("lease"), await bucket.get("lease", { fromLeader: true })]) {
      const found = ["Fleet-Term", "Fleet-Acquired-At", "Fleet-Session"].map((name) => entry?.header(name));
      assert.deepEqual(found, ["7", "2026-01-02T03:04:05Z", undefined]);
    }
    for (const entry of [marker, await bucket.get("web1"), await bucket.get("web1", { fromLeader: true })]) {
      assert.deepEqual([entry?.operation, entry?.header("Fleet-Session")], ["delete", "s1"]);
    }
  });

  it("takes keys with every character that a peel id and a lease name can have", async () => {
    const keys = ["a-b", "a_b", "_term", "-", "A9", "x".repeat(128), "facts-secrets", "constructor", "__proto__"];
    for (const key of keys) await bucket.put(key, text(key));
    for (const key of keys) assert.equal(plain((await bucket.get(key))?.value ?? new Uint8Array()), key);
    assert.deepEqual(
      (await replayed()).map((entry) => entry.key),
      keys,
    );
  });

  it("has 0 keys when empty, when new and when all were purged", async () => {
    const fresh = await bucket.state();
    assert.deepEqual([fresh.keys, fresh.lastRevision, fresh.ttlMs], [0, 0, 0]);
    const revision = await bucket.put("web1", text("one"));
    await bucket.purge("web1", { before: revision + 1 });
    const emptied = await bucket.state();
    assert.deepEqual([emptied.keys, emptied.lastRevision, emptied.createdAt], [0, revision, fresh.createdAt]);
    assert.deepEqual(await replayed(), []);
  });

  it("replays every key once, in order of revision, markers included", async () => {
    const keys = Array.from({ length: 300 }, (_, index) => `key-${index}`);
    for (const key of keys) await bucket.put(key, text(key));
    const again = await bucket.put("key-7", text("again"));
    const marker = await bucket.delete("key-9");
    const entries: BucketEntry[] = [];
    const { brokerNow, lastRevision } = await bucket.replay((entry) => entries.push(entry), REPLAY);
    assert.equal(lastRevision, marker);
    assert.equal(new Set(entries.map((entry) => entry.key)).size, 300);
    assert.equal(entries.length, 300);
    assert.deepEqual(
      entries.map((entry) => entry.revision),
      entries.map((entry) => entry.revision).sort((left, right) => left - right),
    );
    const [last, lastButOne] = [entries.at(-1), entries.at(-2)];
    assert.deepEqual([last?.key, last?.operation, last?.revision], ["key-9", "delete", marker]);
    assert.equal(bytesOf(last?.value), "");
    assert.deepEqual([lastButOne?.key, lastButOne?.revision], ["key-7", again]);
    assert.equal((await bucket.get("key-7"))?.storedAt, lastButOne?.storedAt);
    for (const { storedAt } of entries) assert.ok(Number.isInteger(storedAt) && storedAt <= brokerNow);
  });

  it("replays all that is kept of one key or of every key, from a revision on, if asked to", async () => {
    await subject.close();
    subject = await makeBucket({ ttlMs: 0, history: 3 });
    bucket = subject.bucket;
    for (const [key, value] of ["a1", "b1", "a2", "a3", "b2", "a4"].map((write) => [...write] as const)) {
      await bucket.put(key ?? "", text(value ?? ""));
    }
    await bucket.delete("b");
    const read = async (options: Partial<ReplayOptions>) => {
      const found: string[] = [];
      const take = ({ key, value, revision }: BucketEntry) => void found.push(`${revision}${key}${plain(value)}`);
      assert.equal((await bucket.replay(take, { ...REPLAY, ...options })).lastRevision, 7);
      return found.join(" ");
    };
    assert.equal(await read({ after: 0 }), "2b1 3a2 4a3 5b2 6a4 7b");
    assert.equal(await read({ after: 4 }), "5b2 6a4 7b");
    assert.equal(await read({ after: 0, key: "a" }), "3a2 4a3 6a4");
    assert.equal(await read({ after: 3, key: "a" }), "4a3 6a4");
    for (const after of [7, 1_000]) assert.equal(await read({ after }), "");
    assert.equal(await read({ key: "a" }), "6a4");
    assert.equal(await read({ key: "c", after: 0 }), "");
    assert.equal(await bucket.purge("a", { before: 4 }), 1);
    assert.equal(await read({ after: 0, key: "a" }), "4a3 6a4");
    assert.equal(await bucket.purge("a", { before: 7 }), 2);
    assert.equal(await read({ after: 0 }), "2b1 5b2 7b");
  });

  it("ends a replay while keys are rewritten and added all the time, and never gives a key twice", async () => {
    for (let index = 0; index < 200; index += 1) await bucket.put(`key-${index}`, text("old"));
    let writing = true;
    const writer = (async () => {
      for (let turn = 0; writing; turn += 1) {
        const keys = [`key-${turn % 200}`, `new-${turn}`, "hot"];
        await Promise.all(keys.map((key) => bucket.put(key, text("new"))));
      }
    })();
    try {
      for (let round = 0; round < 5; round += 1) {
        const keys: string[] = [];
        const revisions: number[] = [];
        const { lastRevision } = await bucket.replay((entry) => {
          keys.push(entry.key);
          revisions.push(entry.revision);
        }, REPLAY);
        assert.equal(new Set(keys).size, keys.length);
        assert.ok(revisions.every((revision, index) => revision > (revisions[index - 1] ?? 0)));
        assert.ok((revisions.at(-1) ?? 0) <= lastRevision);
      }
    } finally {
      writing = false;
      await writer;
    }
  });

  it("ends a replay with what its reader throws, and with the reason of its signal", async () => {
    await bucket.put("web1", text("one"));
    const failure = new Error("the reader is broken");
    const broken = bucket.replay(() => {
      throw failure;
    }, REPLAY);
    await assert.rejects(broken, (error) => error === failure);
    const reason = new Error("not wanted any more");
    await assert.rejects(
      bucket.replay(() => {}, { ...REPLAY, signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    );
  });

  it("hears puts and deletes with their headers, and writes that are refused", async () => {
    const heard: string[] = [];
    const describeWrite = (write: HeardWrite) => {
      const headers = ["Fleet-Session", "KV-Operation"].map((name) => write.header(name) ?? "-");
      return [write.operation, write.key, plain(write.value), ...headers].join(" ");
    };
    const hearing = bucket.hear((write) => heard.push(describeWrite(write)));
    await hearing.ready;
    await bucket.put("web1", text("one"), { headers: { "Fleet-Session": "s1" } });
    await bucket.delete("web1", { headers: { "Fleet-Session": "s2" } });
    await assert.rejects(bucket.put("web2", text("two"), { expectedRevision: 77 }), isConflict);
    const expected = ["put web1 one s1 -", "delete web1  s2 DEL", "put web2 two - -"];
    await eventually(() => assert.deepEqual(heard, expected));
    hearing.close();
    await bucket.put("web3", text("three"));
    assert.deepEqual(heard, expected);
  });

  it("drops a key at its TTL, and not before", async () => {
    await subject.close();
    subject = await makeBucket({ ttlMs: TTL_MS, history: 1 });
    bucket = subject.bucket;
    assert.equal((await bucket.state()).ttlMs, TTL_MS);
    const revision = await bucket.put("web1", text("one"));
    await bucket.delete("web2");
    await subject.pass(TTL_MS / 2);
    assert.equal((await bucket.get("web1"))?.revision, revision);
    assert.equal((await bucket.state()).keys, 2);
    await subject.pass(TTL_MS / 2);
    await eventually(async () => assert.equal((await bucket.state()).keys, 0));
    assert.equal(await bucket.get("web1"), undefined);
    assert.ok((await bucket.put("web1", text("back"), { expectedRevision: 0 })) > revision);
  });

  it("says in what way a removed bucket fails, and that a new one of its name is another", async () => {
    await bucket.put("web1", text("one"));
    const before = await bucket.state();
    await subject.remove();
    const missing = (error: unknown) => isFleetError(error, "BUCKET_MISSING");
    const nobodyThere = (error: unknown) => isFleetError(error, "UNAVAILABLE");
    await assert.rejects(bucket.state(), missing);
    await assert.rejects(replayed(), missing);
    await assert.rejects(bucket.purge("web1", { before: 9 }), missing);
    await assert.rejects(bucket.get("web1", { fromLeader: true }), missing);
    // Servers of 2.9 keep listening for gets of a bucket that is gone, and do not answer.
    await assert.rejects(bucket.get("web1", { timeoutMs: 500 }), (error) =>
      isFleetError(error, "UNAVAILABLE", "TIMEOUT"),
    );
    await assert.rejects(bucket.put("web1", text("two"), { timeoutMs: 500 }), nobodyThere);
    await assert.rejects(bucket.delete("web1", { timeoutMs: 500 }), nobodyThere);

    const hearing = bucket.hear(() => {});
    await hearing.ready;
    const unanswered = bucket.put("web1", text("two"), { timeoutMs: 500 });
    await assert.rejects(unanswered, (error) => isFleetError(error, "TIMEOUT"));
    hearing.close();

    await subject.recreate();
    const after = await bucket.state();
    assert.deepEqual([after.keys, after.lastRevision], [0, 0]);
    assert.notEqual(after.createdAt, before.createdAt);
    assert.equal(await bucket.put("web1", text("three"), { expectedRevision: 0 }), 1);
  });
}
