import assert from "node:assert/strict";
import { it } from "node:test";
import type { Bucket } from "@fleet/bus";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createFakeClock } from "@fleet/runtime/testing";
import { encodeRosterRecord, ROSTER_BUCKET, type RosterRecord } from "@fleet/wire";
import { readRoster } from "./roster-records.ts";

const joined: RosterRecord = { state: "online", reason: "joined", since: 1_000, version: "1", protocol: 1, term: 1 };
const left: RosterRecord = { ...joined, state: "offline", reason: "left", since: 2_000 };

it("a record that is replaced while the roster is read is read as it is then, and one that is forgotten is not", async () => {
  const bucket = createMemoryBucket({ name: ROSTER_BUCKET, clock: createFakeClock(), history: 16 });
  for (const id of ["web1", "web2", "web3"]) await bucket.put(id, encodeRosterRecord(joined));
  const busy: Bucket = {
    ...bucket,
    // As a broker does: it gives the last message of a key, which by then is beyond the end of the reading.
    async replay(visit, options) {
      if (options.after !== undefined) return bucket.replay(visit, options);
      const replay = await bucket.replay((entry, known) => entry.key !== "web1" && visit(entry, known), options);
      await bucket.put("web1", encodeRosterRecord(left));
      await bucket.delete("web2");
      return replay;
    },
  };
  const { byId, storedAt, malformed } = await readRoster(busy, { timeoutMs: 1_000 });
  assert.deepEqual([...byId].sort(), [
    ["web1", left],
    ["web3", joined],
  ]);
  assert.deepEqual([[...storedAt.keys()].sort(), malformed], [["web1", "web3"], 0]);
});

it("what a broker leaves out that ends a reading too early is read all the same", async () => {
  const bucket = createMemoryBucket({ name: ROSTER_BUCKET, clock: createFakeClock(), history: 16 });
  for (const id of ["web1", "web2", "web3"]) await bucket.put(id, encodeRosterRecord(joined));
  const hasty: Bucket = {
    ...bucket,
    replay: (visit, options) =>
      bucket.replay(
        (entry, known) => (options.after !== undefined || entry.key === "web1") && visit(entry, known),
        options,
      ),
  };
  const { byId } = await readRoster(hasty, { timeoutMs: 1_000 });
  assert.deepEqual([...byId.keys()], ["web1", "web2", "web3"]);
});
