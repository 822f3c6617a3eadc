import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningCluster } from "@fleet/broker";
import { resolveTestServerVersions, startTestCluster } from "@fleet/broker/testing";
import { type Connection, createBucket } from "@fleet/bus";
import { bucketStream, FENCE_WINDOW } from "@fleet/wire";
import { askJetStream, type BusSession, connectSession } from "./bus-session.ts";
import {
  assertTold,
  freshKeys,
  isRefused,
  isStored,
  readHistory,
  reopen,
  setUpGuarded,
  startWriting,
  type ToldWrite,
  writeAll,
} from "./guarded-bucket.ts";

const versions = await resolveTestServerVersions();

for (const { label, path, skip } of [versions[0], versions.at(-1)].filter((version) => version !== undefined)) {
  describe(`the fence on three copies, ${label}`, { skip: skip ?? false }, () => {
    let cluster: RunningCluster;
    let session: BusSession;
    let connection: Connection;
    before(async () => {
      cluster = await startTestCluster({ path });
      session = await connectSession({ urls: cluster.urls });
      connection = session.connection;
    });
    after(async () => {
      await session.stop();
      await cluster.stop();
    });

    it("takes the same key many times in a row, in order, and other keys meanwhile", async () => {
      await setUpGuarded(connection, "same", 3);
      const writer = await reopen(connection, "same");
      const others = writeAll(writer, freshKeys(300));
      const turns = Array.from({ length: 300 }, (_, turn) => writer.write("web1", Uint8Array.of(turn)));
      const revisions = await Promise.all(turns);
      assert.ok(revisions.every((revision, index) => revision > (revisions[index - 1] ?? 0)));
      const told = await others;
      assert.ok(told.every(isStored));
      assert.equal(writer.lastRevision, FENCE_WINDOW + 600);
      assert.equal((await createBucket(connection, "same").get("web1", { fromLeader: true }))?.value[0], 299 % 256);
      assertTold(
        told,
        (await readHistory(connection, "same")).filter(({ key }) => key !== "web1"),
      );
    });

    it("lets one writer depose another that writes as fast as it can", async () => {
      await setUpGuarded(connection, "race", 3);
      await using other = await connectSession({ urls: [...cluster.urls].reverse() });
      const old = await reopen(other.connection, "race");
      const writing = startWriting(old, freshKeys(6_000), 300);
      await writing.underWay;
      const taken = await reopen(connection, "race");
      const fresh = await writeAll(taken, freshKeys(500));
      const late = await writing.told;
      assert.ok(fresh.every(isStored), "the new writer was hindered");
      assert.ok(late.some(isRefused), "the old writer was done before");
      assertTold([...late, ...fresh], await readHistory(connection, "race"));
    });

    it("is told the truth of every write when the leader of the stream steps down, and goes on with a new writer", async () => {
      await setUpGuarded(connection, "step", 3);
      const told: ToldWrite[] = [];
      for (let round = 1; round <= 3; round += 1) {
        const writer = await reopen(connection, "step");
        const writing = startWriting(writer, freshKeys(1_500), 100 * round);
        await writing.underWay;
        await askJetStream(connection, `STREAM.LEADER.STEPDOWN.${bucketStream("step")}`);
        told.push(...(await writing.told));
        await writer.drain();
      }
      const last = await reopen(connection, "step");
      told.push(...(await writeAll(last, freshKeys(100))));
      assert.ok(told.slice(-100).every(isStored));
      assertTold(told, await readHistory(connection, "step"));
    });
  });
}
