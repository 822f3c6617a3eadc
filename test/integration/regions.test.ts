// Regions, each a leaf node with buckets and a master of its own: they need the hub for nothing, and their counts add up.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { findFreePort, type RunningServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import type { Connection } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { connectSession } from "./bus-session.ts";
import {
  assertCheck,
  assertConnected,
  type FleetMember,
  metricOf,
  PATIENT,
  QUICK,
  startMaster,
  startPeel,
  warningsOf,
} from "./fleet-members.ts";

/** A server whose JetStream is one of several that know each other by name. */
interface DomainServer extends AsyncDisposable {
  readonly server: RunningServer;
}

async function startDomain(domain: string, path: string | undefined, leafNodes: string): Promise<DomainServer> {
  const storeDir = await mkdtemp(join(tmpdir(), `fleet-${domain}-`));
  const server = await startTestServer({
    path,
    name: domain,
    storeDir,
    config: `jetstream { store_dir: ${JSON.stringify(storeDir)}, domain: ${domain} }\nleafnodes { ${leafNodes} }`,
  });
  return {
    server,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(storeDir, { recursive: true, force: true });
    },
  };
}

/** A count has this time to come back: two masters share the machine. */
const MASTER = { ...QUICK, countInterval: "2s" } as const;

/** Keys of a region's heartbeat bucket, as its broker tells whoever asks from the hub. */
async function countFrom(connection: Connection, domain: string): Promise<number> {
  const subject = `$JS.${domain}.API.STREAM.INFO.KV_peel-heartbeat`;
  const reply = await connection.request(subject, new Uint8Array(), { timeoutMs: 2_000 });
  const info = JSON.parse(new TextDecoder().decode(reply.payload)) as { state: { num_subjects?: number } };
  return info.state.num_subjects ?? 0;
}

async function assertBeatsOn(peel: FleetMember, beats: number): Promise<void> {
  const series = 'peel_heartbeats_total{result="ok"}';
  const before = (await metricOf(peel, series)) ?? 0;
  await eventually(async () => assert.ok(((await metricOf(peel, series)) ?? 0) >= before + beats), PATIENT);
}

for (const { label, path, skip } of await resolveTestServerVersions(["bookworm", "forky"])) {
  describe(`regions on ${label}`, { skip: skip ?? false }, () => {
    it("count their own peels, add up, and go on while the hub is away", async () => {
      const leafPort = await findFreePort();
      await using hub = await startDomain("hub", path, `listen: "127.0.0.1:${leafPort}"`);
      // Questions to masters and pings stay in their region: a master answers for its own.
      const remote = `url: "nats-leaf://127.0.0.1:${leafPort}", deny_imports: ["fleet.>"], deny_exports: ["fleet.>"]`;
      const uplink = `reconnect: 1, remotes: [{ ${remote} }]`;
      await using east = await startDomain("east", path, uplink);
      await using west = await startDomain("west", path, uplink);

      await using eastMaster = await startMaster(east.server.url, MASTER);
      await using westMaster = await startMaster(west.server.url, MASTER);
      for (const master of [eastMaster, westMaster]) await assertCheck(master, "presence", "ok");
      await using east1 = await startPeel(east.server.url, "web-1", QUICK);
      await using east2 = await startPeel(east.server.url, "web-2", QUICK);
      // Names are a region's own: this is no second process of the one in the east.
      await using west1 = await startPeel(west.server.url, "web-1", QUICK);
      await assertConnected(eastMaster, 2);
      await assertConnected(westMaster, 1);

      await using session = await connectSession({ urls: [hub.server.url] });
      const countAll = async () =>
        (await Promise.all(["east", "west"].map((domain) => countFrom(session.connection, domain)))).join(" + ");
      await eventually(async () => assert.equal(await countAll(), "2 + 1"), PATIENT);

      hub.server.kill();
      await hub.server.exited;
      await assertBeatsOn(west1, 4);
      await assertBeatsOn(east1, 1);
      await using _west2 = await startPeel(west.server.url, "web-2", QUICK);
      await assertConnected(westMaster, 2);
      await east2.stop();
      await assertConnected(eastMaster, 1);
      for (const master of [eastMaster, westMaster]) {
        await assertCheck(master, "presence", "ok");
        // A leaf node is no cluster, although it tells those that connect of one.
        assert.deepEqual(
          warningsOf(master).filter((line) => line.startsWith("bucket")),
          [],
        );
        for (const state of ["late", "conflict"]) assert.equal(await metricOf(master, `peels{state="${state}"}`), 0);
      }

      await hub.server.restart();
      await eventually(async () => assert.equal(await countAll(), "1 + 2"), PATIENT);
      for (const peel of [east1, west1]) assert.equal(await metricOf(peel, "nats_reconnects_total"), 0);
    });
  });
}
