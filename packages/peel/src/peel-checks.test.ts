import assert from "node:assert/strict";
import { test } from "node:test";
import { busErrors } from "@fleet/bus";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createReadiness } from "@fleet/ops";
import { createConnectionTwin } from "@fleet/presence/testing";
import { createFakeClock } from "@fleet/runtime/testing";
import { createPeelChecks } from "./peel-checks.ts";

function createSubject() {
  const clock = createFakeClock();
  const bucket = createMemoryBucket({ name: "facts", clock });
  const connection = createConnectionTwin();
  const gets: unknown[] = [];
  let republished = 0;
  const checks = createPeelChecks({
    peelId: "web1",
    connection,
    bucket: {
      ...bucket,
      get(key, options) {
        gets.push([key, options]);
        return bucket.get(key, options);
      },
    },
    facts: {
      republish: () => {
        republished += 1;
      },
    },
  });
  const readiness = createReadiness({ component: "peel", version: "1.2.3", clock, checks });
  return { bucket, connection, readiness, gets, republished: () => republished };
}

const FACTS = Uint8Array.of(0x80);

test("a peel has the checks nats and kv, and with its facts in the bucket both are ok", async () => {
  const { bucket, readiness, gets, republished } = createSubject();
  await bucket.put("web1", FACTS);
  const { status, checks } = await readiness.report();
  assert.deepEqual([status, checks], ["ok", { nats: { status: "ok" }, kv: { status: "ok" } }]);
  assert.equal(republished(), 0);
  // Its own key alone, from any replica: what a narrow grant allows. Sooner given up than the check itself.
  assert.deepEqual(gets, [["web1", { timeoutMs: 1_500 }]]);
});

test("facts that are missing or deleted are written again; the round trip itself is ok", async () => {
  const { bucket, readiness, republished } = createSubject();
  const missing = { status: "ok", message: "this peel's facts were missing; writing them again" };
  assert.deepEqual(await readiness.reportCheck("kv"), missing);
  assert.equal(republished(), 1);
  await bucket.put("web1", FACTS);
  await bucket.delete("web1");
  assert.deepEqual(await readiness.reportCheck("kv"), missing);
  assert.equal(republished(), 2);
});

test("a bucket that does not answer is down with its own words, and nothing is written again", async () => {
  const { bucket, readiness, republished } = createSubject();
  bucket.failure = busErrors.create("TIMEOUT", "$JS.API.DIRECT.GET…: no answer in time");
  assert.deepEqual(await readiness.reportCheck("kv"), {
    status: "down",
    message: "$JS.API.DIRECT.GET…: no answer in time",
  });
  bucket.failure = undefined;
  bucket.remove();
  assert.equal((await readiness.reportCheck("kv"))?.status, "down");
  assert.equal(republished(), 0);
});

test("without a connection nats is down", async () => {
  const { connection, readiness } = createSubject();
  connection.become("disconnected");
  assert.deepEqual(await readiness.reportCheck("nats"), { status: "down", message: "disconnected" });
});
