import assert from "node:assert/strict";
import { it } from "node:test";
import { isFleetError } from "@fleet/runtime";
import type { Bucket } from "../bucket.ts";

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
export const plain = (value: Uint8Array): string => new TextDecoder().decode(value);
/** For comparing: the bytes may come as any kind of byte array. */
export const bytesOf = (value: Uint8Array | undefined): string => Buffer.from(value ?? text("(none)")).toString("hex");
export const isConflict = (error: unknown): boolean => isFleetError(error, "REVISION_CONFLICT");

/** The part of the bucket's contract that is about expected revisions, markers and purges. */
export function bucketWriteContract(bucket: () => Bucket): void {
  it("refuses a key that would not stay one token of a subject", async () => {
    for (const key of ["", "a b", "a\r\nPUB x 0", "*", ">", ".a", "a.", "a..b", "ü"]) {
      await assert.rejects(bucket().put(key, text("x")), /invariant/, JSON.stringify(key));
      await assert.rejects(bucket().delete(key), /invariant/);
      await assert.rejects(bucket().get(key), /invariant/);
      await assert.rejects(bucket().purge(key, { before: 9 }), /invariant/);
    }
    assert.equal((await bucket().state()).lastRevision, 0);
  });

  it("creates with expected revision 0, once", async () => {
    const revision = await bucket().put("lease", text("a"), { expectedRevision: 0 });
    await assert.rejects(bucket().put("lease", text("b"), { expectedRevision: 0 }), isConflict);
    const entry = await bucket().get("lease", { fromLeader: true });
    assert.deepEqual([entry?.revision, plain(entry?.value ?? text(""))], [revision, "a"]);
  });

  it("updates and deletes on the revision expected, and on no other", async () => {
    const first = await bucket().put("lease", text("a"));
    await bucket().put("other", text("o"));
    const second = await bucket().put("lease", text("b"), { expectedRevision: first });
    await assert.rejects(bucket().put("lease", text("c"), { expectedRevision: first }), isConflict);
    await assert.rejects(bucket().delete("lease", { expectedRevision: first }), isConflict);
    await assert.rejects(bucket().put("absent", text("c"), { expectedRevision: second }), isConflict);
    await bucket().delete("lease", { expectedRevision: second });
    assert.equal((await bucket().get("lease"))?.operation, "delete");
  });

  it("takes over a delete marker at the marker's revision, not at 0", async () => {
    await bucket().put("lease", text("a"));
    const marker = await bucket().delete("lease");
    await assert.rejects(bucket().put("lease", text("b"), { expectedRevision: 0 }), isConflict);
    assert.ok((await bucket().put("lease", text("b"), { expectedRevision: marker })) > marker);
  });

  it("refuses a write that expects the bucket at another revision, also when its key is as expected", async () => {
    const created = await bucket().put("lease", text("a"), { expectedRevision: 0, expectedBucketRevision: 0 });
    const other = await bucket().put("other", text("o"));
    for (const expectedBucketRevision of [0, created, other + 1]) {
      const late = bucket().put("lease", text("b"), { expectedRevision: created, expectedBucketRevision });
      await assert.rejects(late, isConflict);
      await assert.rejects(bucket().put("new", text("n"), { expectedBucketRevision }), isConflict);
    }
    const wrongKey = { expectedRevision: other, expectedBucketRevision: other };
    await assert.rejects(bucket().put("lease", text("b"), wrongKey), isConflict);
    const right = { expectedRevision: created, expectedBucketRevision: other };
    const updated = await bucket().put("lease", text("b"), right);
    await bucket().delete("lease", { expectedRevision: updated, expectedBucketRevision: updated });
    assert.equal((await bucket().get("lease", { fromLeader: true }))?.operation, "delete");
  });

  it("creates again with expected revision 0 once the key was purged", async () => {
    await bucket().put("lease", text("a"));
    const marker = await bucket().delete("lease");
    assert.equal(await bucket().purge("lease", { before: marker + 1 }), 1);
    assert.ok((await bucket().put("lease", text("b"), { expectedRevision: 0 })) > marker);
  });

  it("leaves a marker on delete, also of a key never written, that counts until purged", async () => {
    await bucket().put("web1", text("one"));
    const markers = [await bucket().delete("web1"), await bucket().delete("web2")];
    assert.equal((await bucket().state()).keys, 2);
    for (const [index, key] of ["web1", "web2"].entries()) {
      const entry = await bucket().get(key, { fromLeader: index === 1 });
      const found = [entry?.operation, entry?.revision, bytesOf(entry?.value)];
      assert.deepEqual(found, ["delete", markers[index], ""]);
    }
    await bucket().purge("web1", { before: (markers[0] ?? 0) + 1 });
    assert.equal((await bucket().state()).keys, 1);
  });

  it("purges only before the revision given: a newer value survives", async () => {
    await bucket().put("web2", text("other"));
    const marker = await bucket().delete("web1");
    const newer = await bucket().put("web1", text("back"));
    assert.equal(await bucket().purge("web1", { before: marker + 1 }), 0);
    for (const before of [-1, 0, 1, newer])
      assert.equal(await bucket().purge("web1", { before }), 0, `before ${before}`);
    assert.equal((await bucket().get("web1"))?.revision, newer);
    assert.equal(await bucket().purge("web1", { before: newer + 1 }), 1);
    assert.equal(await bucket().purge("web1", { before: newer + 1 }), 0);
    assert.equal((await bucket().state()).keys, 1);
  });
}
