import assert from "node:assert/strict";
import { test } from "node:test";
import { busErrors } from "@fleet/bus";
import type { Elector } from "./elector.ts";
import { createLeaseCheck } from "./lease-check.ts";
import { resolveLeaseOptions } from "./lease-options.ts";
import { createElectorScene, LEASE } from "./testing/elector-scene.ts";

const SINCE = Date.UTC(2026, 10, 21, 6);
const holder: Elector["standing"] = { role: "holder", term: 4, since: SINCE, renewedAt: SINCE };
const nobody: Elector["standing"] = { role: "standby", holder: undefined, since: undefined };
const noBucket = "there is no such bucket";

const reports: readonly [sentence: string, state: Partial<Elector>, status: string, message: string][] = [
  ["the holder says since when", { standing: holder }, "ok", "leader since 2026-11-21T06:00:00.000Z"],
  [
    "a standby says who holds it and since when",
    { standing: { role: "standby", holder: "master-1", since: SINCE } },
    "ok",
    "standby; held by master-1 since 2026-11-21T06:00:00.000Z",
  ],
  [
    "a holder of another make does not tell since when",
    { standing: { role: "standby", holder: "master-1", since: undefined } },
    "ok",
    "standby; held by master-1 since unknown",
  ],
  ["a lease without a holder is no trouble at first", { unheldMs: 29_999 }, "ok", "standby; no holder yet"],
  ["but is when nobody has held it for two TTLs", { unheldMs: 30_000 }, "degraded", "nobody has held it for 30s"],
  [
    "a bucket that fails for a moment is no trouble",
    { trouble: { forMs: 11_999, error: noBucket } },
    "ok",
    "standby; no holder yet",
  ],
  [
    "but is when it fails for as long as a holder goes on without it",
    { trouble: { forMs: 12_000, error: noBucket }, unheldMs: 60_000 },
    "down",
    "the bucket has been unusable for 12s: there is no such bucket",
  ],
];

for (const [sentence, state, status, message] of reports) {
  test(`lease check: ${sentence}`, async () => {
    const elector = { standing: nobody, unheldMs: 0, trouble: undefined, ...state } as Elector;
    const check = createLeaseCheck(LEASE, elector, resolveLeaseOptions({}));
    assert.equal(check.name, "publisher-lease");
    assert.deepEqual(await check.run(AbortSignal.abort()), { status, message });
  });
}

test("the check follows an elector from standby through holding it to a bucket that is gone", async () => {
  const { clock, bucket, candidate, config } = createElectorScene();
  const one = candidate("one", {
    lastTerm: async () => {
      throw busErrors.create("TIMEOUT", "no answer");
    },
  });
  const status = async (elector: Elector) =>
    (await createLeaseCheck(LEASE, elector, config).run(AbortSignal.abort())).status;
  await clock.advance(29_000);
  assert.equal(await status(one.elector), "ok");
  await clock.advance(2_000);
  assert.equal(await status(one.elector), "degraded", "it takes the lease now and then, but nobody works");

  const two = candidate("two");
  await clock.advance(20_000);
  assert.equal(two.elector.standing.role, "holder");
  assert.deepEqual([await status(one.elector), await status(two.elector)], ["ok", "ok"]);

  bucket.remove();
  await clock.advance(15_000);
  assert.equal(await status(two.elector), "down");
});
