import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { bucketContract } from "./bucket-contract.ts";
import { createMemoryBucket } from "./memory-bucket.ts";

describe("the twin in memory", () => {
  bucketContract(async ({ ttlMs, history }) => {
    const clock = createFakeClock();
    const bucket = createMemoryBucket({ name: "twin", clock, ttlMs, history });
    return {
      bucket,
      remove: async () => bucket.remove(),
      recreate: async () => bucket.restore(),
      pass: (durationMs) => clock.advance(durationMs),
      close: async () => {},
    };
  });

  it("fails with the error given, in every operation, until it is taken away", async () => {
    const bucket = createMemoryBucket({ name: "twin", clock: createFakeClock() });
    const outage = new Error("outage");
    bucket.failure = outage;
    const heard: string[] = [];
    bucket.hear(({ key }) => heard.push(key));
    const isOutage = (error: unknown) => error === outage;
    await assert.rejects(bucket.put("web1", new Uint8Array()), isOutage);
    await assert.rejects(bucket.delete("web1"), isOutage);
    await assert.rejects(bucket.get("web1"), isOutage);
    await assert.rejects(bucket.purge("web1", { before: 2 }), isOutage);
    await assert.rejects(bucket.state(), isOutage);
    await assert.rejects(
      bucket.replay(() => {}, { timeoutMs: 1_000 }),
      isOutage,
    );
    assert.deepEqual(heard, []);
    bucket.failure = undefined;
    assert.equal(await bucket.put("web1", new Uint8Array()), 1);
  });
});
