import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningCluster, RunningServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestCluster } from "@fleet/broker/testing";
import type { Connection } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { bucketStream } from "@fleet/wire";
import { askJetStream, type BusSession, connectSession } from "./bus-session.ts";
import {
  assertTold,
  freshKeys,
  isStored,
  isUnknown,
  readHistory,
  reopen,
  setUpGuarded,
  startWriting,
  writeAll,
} from "./guarded-bucket.ts";

interface StreamInfo {
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly { readonly current: boolean }[] };
}

/** The server that leads a bucket's stream, once it has one and all copies are up to date. */
function leaderOf(cluster: RunningCluster, connection: Connection, bucket: string): Promise<RunningServer> {
  return eventually(
    async () => {
      const info = await askJetStream<StreamInfo>(connection, `STREAM.INFO.${bucketStream(bucket)}`);
      const leader = cluster.servers.find(({ name }) => name === info.cluster?.leader);
      assert.ok(leader && info.cluster?.replicas?.every(({ current }) => current));
      return leader;
    },
    { timeoutMs: 20_000 },
  );
}

const versions = await resolveTestServerVersions();

for (const { label, path, skip } of [versions[0], versions.at(-1)].filter((version) => version !== undefined)) {
  describe(`the fence on three copies that lose their leader, ${label}`, { skip: skip ?? false }, () => {
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

    it("is told the truth of every write when the leader of the stream is killed, and goes on with a new writer", async () => {
      await setUpGuarded(connection, "kill", 3);
      const leader = await leaderOf(cluster, connection, "kill");
      const others = cluster.servers.filter((server) => server !== leader).map(({ url }) => url);
      // On another server: what is lost is the leader, not the connection.
      await using survivor = await connectSession({ urls: others });
      // In a young cluster one server may not know yet who takes the bucket's subjects.
      const writer = await reopen(survivor.connection, "kill");
      const writing = startWriting(writer, freshKeys(5_000), 700);
      await writing.underWay;
      leader.kill();
      const told = await writing.told;
      assert.ok(told.some(isStored) && told.some(isUnknown));
      const again = await reopen(survivor.connection, "kill");
      told.push(...(await writeAll(again, freshKeys(200))));
      assert.ok(told.slice(-200).every(isStored));
      assertTold(told, await readHistory(survivor.connection, "kill"));
    });
  });
}
