import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunningCluster, RunningServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestCluster } from "@fleet/broker/testing";
import { type Connection, createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { bucketStream, LEASE_BUCKET } from "@fleet/wire";
import { askJetStream, connectSession } from "../integration/bus-session.ts";
import { PATIENCE } from "./fleet-command.ts";
import { untilHeld, untilKnown } from "./lease-holdings.ts";
import { assertRecorded, LEASE, watchLease } from "./lease-records.ts";
import { startMasterProcess } from "./master-process.ts";

/** A TTL that a test can wait for; an election takes longer. */
const LEASE_TTL = "4s";

interface StreamInfo {
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly { readonly current: boolean }[] };
}

/** The server that leads the lease's stream, once all three copies are up to date. */
function leaderOf(cluster: RunningCluster, connection: Connection): Promise<RunningServer> {
  return eventually(async () => {
    const info = await askJetStream<StreamInfo>(connection, `STREAM.INFO.${bucketStream(LEASE_BUCKET)}`);
    const { leader, replicas = [] } = info.cluster ?? {};
    assert.ok(replicas.length === 2 && replicas.every(({ current }) => current));
    const found = cluster.servers.find(({ name }) => name === leader);
    assert.ok(found);
    return found;
  }, PATIENCE);
}

const versions = await resolveTestServerVersions();

for (const { label, path, skip } of [versions[0], versions.at(-1)].filter((version) => version !== undefined)) {
  describe(`three masters on a cluster, ${label}`, { skip: skip ?? false }, () => {
    it("never hold the lease at once, and one holds it again, when the leader of its stream is killed", async (t) => {
      await using cluster = await startTestCluster({ path });
      await using observer = await connectSession({ urls: cluster.urls });
      const { connection } = observer;
      await using watch = watchLease(connection);
      const flags = { "nats-url": cluster.urls.join(","), "lease-ttl": LEASE_TTL };
      await using first = startMasterProcess("master-1", flags);
      await using second = startMasterProcess("master-2", flags);
      await using third = startMasterProcess("master-3", flags);
      const masters = [first, second, third];
      const holding = await untilHeld(masters);
      for (const master of masters) await untilKnown(master, holding);
      await assertRecorded(watch, masters);

      const bucket = createBucket(connection, LEASE_BUCKET);
      const leader = await leaderOf(cluster, connection);
      const before = watch.samples.at(-1)?.revision ?? 0;
      const killedAt = Date.now();
      leader.kill();
      await eventually(async () => {
        const entry = await bucket.get(LEASE, { fromLeader: true, timeoutMs: 1_000 });
        assert.ok(entry?.operation === "put" && entry.revision > before + 2, "it is renewed again");
        await untilHeld(masters);
      }, PATIENCE);
      const last = await untilHeld(masters);
      t.diagnostic(
        last.term === holding.term
          ? `${label}: the holder went on`
          : `${label}: the lease was taken ${last.from - killedAt} ms after the kill`,
      );
      await assertRecorded(watch, masters);
    });
  });
}
