// A fleet whose beats the broker itself maps to partitions, each in a bucket and with a master of its own. Peels know nothing of it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolveTestServerVersions, startTestCluster, startTestServer } from "@fleet/broker/testing";
import { type Bucket, createBucket } from "@fleet/bus";
import { createPresenceClient } from "@fleet/presence";
import { eventually } from "@fleet/runtime/testing";
import { presenceNames } from "@fleet/wire";
import { runFleet } from "../end-to-end/fleet-command.ts";
import { changeSettings, connectSession, reloadSettings } from "./bus-session.ts";
import {
  assertCheck,
  assertConnected,
  beat,
  type FleetMember,
  metricOf,
  PATIENT,
  QUICK,
  startMaster,
  startPeel,
  warningsOf,
} from "./fleet-members.ts";
import { startSwarm } from "./swarm-members.ts";

const PARTITIONS = [0, 1, 2] as const;

/** A count has this time to come back: several masters share the machine. */
const CALM = { countInterval: "2s" } as const;

/** What the broker is told; nothing else makes a fleet a split one. */
const MAPPING = `mappings {
  "$KV.peel-heartbeat.*": "$KV.peel-heartbeat-partition.{{partition(${PARTITIONS.length},1)}}.{{wildcard(1)}}"
}`;

const keysOf = async (bucket: Bucket): Promise<string[]> => {
  const keys: string[] = [];
  await bucket.replay(({ key, operation }) => operation === "put" && keys.push(key), { timeoutMs: 10_000 });
  return keys;
};

/** As `sum(fleet_connected_peels)` has it. */
const sumOf = async (masters: readonly FleetMember[], metric: string): Promise<number> => {
  const values = await Promise.all(masters.map((master) => metricOf(master, metric)));
  return values.reduce((sum: number, value) => sum + (value ?? Number.NaN), 0);
};

/** What a master has to say of its buckets; a count that comes late on a busy machine is no matter of theirs. */
const bucketWarningsOf = (master: FleetMember): string[] =>
  warningsOf(master).filter((line) => line.startsWith("bucket"));

for (const { label, path, skip } of await resolveTestServerVersions(["bookworm", "forky"])) {
  describe(`a fleet in partitions on ${label}`, { skip: skip ?? false }, () => {
    it("has each peel in exactly one of them, every beat acknowledged, and counts that add up", async () => {
      await using server = await startTestServer({ path, config: MAPPING });
      await using session = await connectSession({ urls: [server.url] });
      const start = (partition: number) => startMaster(server.url, { ...CALM, partition });
      const [first, second, third] = await Promise.all(PARTITIONS.map(start));
      assert.ok(first && second && third);
      await using _first = first;
      await using _second = second;
      await using _third = third;
      const masters = [first, second, third];
      for (const master of masters) await assertCheck(master, "presence", "ok");

      await using running = await startSwarm(server.url, { peels: "300", interval: "8s", ttl: "30s" });
      await using leaver = await startPeel(server.url, "web-1");
      await eventually(async () => assert.equal(await sumOf(masters, "connected_peels"), 301), PATIENT);

      const buckets = PARTITIONS.map((each) => createBucket(session.connection, presenceNames(each).heartbeats));
      // One that is rewritten while its bucket is read may not come.
      const keys = await eventually(async () => {
        const found = await Promise.all(buckets.map(keysOf));
        assert.deepEqual([found.flat().length, new Set(found.flat()).size], [301, 301]);
        return found;
      }, PATIENT);
      for (const part of keys) assert.ok(part.length > 50, `${part.length} of 301 in one of three partitions`);
      for (const [index, master] of masters.entries()) {
        assert.equal(await metricOf(master, "connected_peels"), keys[index]?.length);
        assert.equal(await metricOf(master, 'peels{state="online"}'), keys[index]?.length);
        // Each publishes for its own part: not one of them is left without a roster.
        await assertCheck(master, "publisher-lease", "ok");
        await eventually(
          async () => assert.equal(await metricOf(master, "roster_records_total"), keys[index]?.length),
          PATIENT,
        );
      }
      // Nothing is kept where the peels believe that they write.
      assert.deepEqual(await keysOf(createBucket(session.connection, presenceNames().heartbeats)), []);

      // A goodbye takes the same way, and is cleared up like any other.
      const home = keys.findIndex((part) => part.includes("web-1"));
      await leaver.stop();
      await eventually(async () => assert.equal(await sumOf(masters, "connected_peels"), 300), PATIENT);
      const names = presenceNames(home);
      const goneFrom = createBucket(session.connection, names.heartbeats);
      await eventually(async () => assert.equal(await goneFrom.get("web-1", { fromLeader: true }), undefined), PATIENT);

      // The masters of a partition answer for it, and for no other.
      for (const partition of PARTITIONS) {
        const client = createPresenceClient(session.connection, { timeoutMs: 5_000, partition });
        const { peels } = await client.list({ filter: {}, wide: false });
        assert.deepEqual(
          peels.map(({ id, state }) => [id, state]),
          [...(keys[partition] ?? [])].sort().map((id) => [id, id === "web-1" ? "offline" : "online"]),
        );
      }

      await running.stop();
      const { beats } = running.swarm.accounts;
      assert.deepEqual([beats.failed, beats.missedTtl, beats.sent - beats.acknowledged], [0, 0, 0]);
      assert.ok(beats.acknowledged >= 300);
      for (const master of masters) assert.deepEqual(bucketWarningsOf(master), []);
    });

    it("needs another grant for a peel: the broker looks at the subject that it has mapped", async () => {
      const user = (name: string, beats: string) => {
        const publish = [beats, "$KV.facts.web1", "$JS.API.DIRECT.GET.KV_facts.$KV.facts.web1", "fleet.peel.web1.>"];
        const permissions = { publish, subscribe: ["_INBOX_web1.>", "fleet.peel.web1.>"] };
        return `{ user: ${name}, password: pw, permissions: ${JSON.stringify(permissions)} }`;
      };
      const users = [
        "{ user: admin, password: pw }",
        user("granted", "$KV.peel-heartbeat-partition.*.web1"),
        user("ungranted", "$KV.peel-heartbeat.web1"),
      ].join("\n");
      await using server = await startTestServer({
        path,
        config: `${MAPPING}\nauthorization { users: [\n${users}\n] }`,
      });
      const urlOf = (name: string) => server.url.replace("nats://", `nats://${name}:pw@`);
      await using first = await startMaster(urlOf("admin"), { ...CALM, partition: 0 });
      await using second = await startMaster(urlOf("admin"), { ...CALM, partition: 1 });
      await using third = await startMaster(urlOf("admin"), { ...CALM, partition: 2 });
      const masters = [first, second, third];
      for (const master of masters) await assertCheck(master, "presence", "ok");

      await using ungranted = await startPeel(urlOf("ungranted"), "web1", QUICK);
      await eventually(
        () =>
          assert.match(
            warningsOf(ungranted).join("\n"),
            /grant it to this login .*"\$KV\.peel-heartbeat-partition\.[012]\.web1"/,
          ),
        PATIENT,
      );
      assert.equal(await sumOf(masters, "connected_peels"), 0);
      await ungranted.stop();

      await using _granted = await startPeel(urlOf("granted"), "web1", QUICK);
      await eventually(async () => assert.equal(await sumOf(masters, "connected_peels"), 1), PATIENT);
      await using session = await connectSession({ urls: [urlOf("granted")], inboxPrefix: "_INBOX_web1" });
      const heartbeats = createBucket(session.connection, presenceNames().heartbeats);
      // Its neighbour's key is mapped to where it has no grant.
      await assert.rejects(heartbeats.put("web2", new Uint8Array(), { timeoutMs: 1_000 }));
      await heartbeats.put("web1", beat());
    });
  });
}

describe("a fleet that is split while it runs, on a cluster of three", () => {
  it("goes from one bucket to its partitions without a beat lost and without a peel declared offline", async () => {
    await using cluster = await startTestCluster();
    const [url = "", ...others] = cluster.urls;
    await using former = await startMaster(url, { ...CALM, replicas: 1 });
    await assertCheck(former, "presence", "ok");
    await using running = await startSwarm(url, { natsUrl: others, peels: "200", interval: "4s", ttl: "30s" });
    await assertConnected(former, 200);
    await using first = await startMaster(url, { ...CALM, partition: 0, replicas: 1 });
    await using second = await startMaster(url, { ...CALM, partition: 1, replicas: 1 });
    await using third = await startMaster(url, { ...CALM, partition: 2, replicas: 1 });
    const masters = [first, second, third];
    for (const master of masters) await assertCheck(master, "presence", "ok");

    for (const server of cluster.servers) {
      await changeSettings(server, "jetstream {", `${MAPPING}\njetstream {`);
      reloadSettings(server);
    }
    await eventually(async () => assert.equal(await sumOf(masters, "connected_peels"), 200), PATIENT);
    for (const master of [former, ...masters]) {
      for (const reason of ["left", "crashed", "expired"]) {
        assert.equal(await metricOf(master, `peel_transitions_total{reason="${reason}"}`), 0);
      }
      assert.deepEqual(bucketWarningsOf(master), []);
    }
    const { code, stdout, stderr } = await runFleet([
      "peel",
      "list",
      "--partition",
      "1",
      "-o",
      "ids",
      "--nats-url",
      url,
    ]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(stdout.trimEnd().split("\n").length, await metricOf(second, "connected_peels"));
    await running.stop();
    const { beats, failures } = running.swarm.accounts;
    assert.deepEqual([beats.missedTtl, beats.unsent], [0, 0], JSON.stringify(beats));
    // A busy machine may be late with an answer; nobody is told that there is no bucket.
    assert.deepEqual(
      Object.keys(failures).filter((code) => code !== "TIMEOUT"),
      [],
    );
  });
});
