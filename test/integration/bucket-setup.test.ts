import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { compareServerVersions } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { createBucket, setUpBucket } from "@fleet/bus";
import { isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import type { BucketSpec } from "@fleet/wire";
import { askJetStream, type BusSession, changeSettings, connectSession, reloadSettings } from "./bus-session.ts";

type StreamConfig = Readonly<Record<string, unknown>>;

const NOTHING = new Uint8Array();

/** What a bucket must be in JetStream's own words. */
function hardened(spec: BucketSpec): StreamConfig {
  return {
    name: `KV_${spec.name}`,
    subjects: [`$KV.${spec.name}.>`],
    retention: "limits",
    storage: spec.storage,
    discard: "new",
    num_replicas: 1,
    max_age: spec.ttlMs * 1e6,
    max_msgs_per_subject: spec.history,
    max_msgs: -1,
    max_bytes: -1,
    max_consumers: -1,
    max_msg_size: -1,
    duplicate_window: Math.min(spec.ttlMs || 120_000, 120_000) * 1e6,
    allow_rollup_hdrs: false,
    deny_delete: true,
    deny_purge: false,
    allow_direct: true,
    sealed: false,
  };
}

for (const { label, path, version, skip } of await resolveTestServerVersions()) {
  describe(`setting up a bucket on ${label}`, { skip: skip ?? false }, () => {
    let server: RunningServer;
    let session: BusSession;
    let made = 0;
    before(async () => {
      server = await startTestServer({ path });
      session = await connectSession({ urls: [server.url] });
    });
    after(async () => {
      await session.stop();
      await server.stop();
    });

    const newSpec = (change: Partial<BucketSpec> = {}): BucketSpec => {
      made += 1;
      return { name: `bucket-${made}`, ttlMs: 30_000, history: 1, storage: "file", ...change };
    };
    /** The stream as the server has it. */
    const readBack = async ({ name }: BucketSpec): Promise<StreamConfig> => {
      const info = await askJetStream<{ config: StreamConfig }>(session.connection, `STREAM.INFO.KV_${name}`);
      return info.config;
    };
    /** Makes the bucket as another program would. */
    const makeForeign = async (spec: BucketSpec, change: StreamConfig) => {
      const config = { ...hardened(spec), ...change };
      const reply = await askJetStream<{ error?: unknown }>(
        session.connection,
        `STREAM.CREATE.KV_${spec.name}`,
        config,
      );
      assert.equal(reply.error, undefined);
    };

    it("makes it hardened, and a second time changes nothing", async () => {
      const specs = [newSpec(), newSpec({ storage: "memory", ttlMs: 15_000 }), newSpec({ ttlMs: 0, history: 16 })];
      for (const spec of [...specs, newSpec({ ttlMs: 600_000 })]) {
        assert.deepEqual(await setUpBucket(session.connection, spec), { created: true, fixed: [], problems: [] });
        const config = await readBack(spec);
        const wanted = hardened(spec);
        const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, config[name]]));
        // Servers leave out some settings that are off.
        assert.deepEqual(
          { ...found, sealed: found["sealed"] ?? false, deny_purge: found["deny_purge"] ?? false },
          wanted,
        );
        for (const off of ["allow_msg_ttl", "mirror", "republish"]) assert.ok(!config[off], off);

        assert.deepEqual(await setUpBucket(session.connection, spec), { created: false, fixed: [], problems: [] });
        assert.deepEqual(await readBack(spec), config);
      }
    });

    it("switches roll-ups off on another owner's bucket, names what else differs, and changes none of it", async () => {
      const spec = newSpec();
      const foreign = {
        allow_rollup_hdrs: true,
        max_age: 45e9,
        duplicate_window: 45e9,
        max_msgs_per_subject: 5,
        storage: "memory",
        allow_direct: false,
        deny_delete: false,
        discard: "old",
        description: "somebody else's",
      };
      await makeForeign(spec, foreign);
      const setup = await setUpBucket(session.connection, spec);
      assert.deepEqual(setup.fixed, ["roll-ups switched off"]);
      assert.deepEqual(setup.problems, [
        "deletes of single messages are allowed",
        "direct gets are not allowed: a peel's check of its own key will fail",
        "what happens at a limit is discard old, not discard new",
        "TTL is 45s, not 30s",
        "history is 5, not 1",
        "storage is memory, not file",
      ]);
      const config = await readBack(spec);
      for (const [name, value] of Object.entries({ ...foreign, allow_rollup_hdrs: false })) {
        assert.deepEqual(config[name] ?? false, value, name);
      }
      assert.deepEqual(await setUpBucket(session.connection, spec), { ...setup, fixed: [] });
    });

    it("changes nothing at all when told only to look", async () => {
      const spec = newSpec();
      await makeForeign(spec, { allow_rollup_hdrs: true });
      const setup = await setUpBucket(session.connection, spec, { repair: false });
      assert.deepEqual(setup, {
        created: false,
        fixed: [],
        problems: ["roll-ups are allowed: one writer can erase all keys"],
      });
      assert.equal((await readBack(spec))["allow_rollup_hdrs"], true);
    });

    it("names a bucket that listens to other subjects than its own", async () => {
      const spec = newSpec();
      await makeForeign(spec, { subjects: [`$KV.${spec.name}.>`, `also.${spec.name}`] });
      const { problems } = await setUpBucket(session.connection, spec);
      assert.deepEqual(problems, [`subjects is $KV.${spec.name}.>, also.${spec.name}, not $KV.${spec.name}.>`]);
    });

    it("names a bucket whose writers may give a message a TTL of its own, and does not make such a one", async (t) => {
      const spec = newSpec();
      await makeForeign(spec, { allow_msg_ttl: true });
      const { problems } = await setUpBucket(session.connection, spec);
      if (compareServerVersions(version ?? "", "2.11.0") < 0) return t.skip("servers before 2.11 know no such TTL");
      assert.deepEqual(problems, ["a TTL per message is allowed: a writer can make its key immortal"]);

      const own = newSpec();
      await setUpBucket(session.connection, own);
      const immortal = createBucket(session.connection, own.name).put("web1", NOTHING, {
        headers: { "Nats-TTL": "never" },
      });
      await assert.rejects(immortal, (error) => isFleetError(error, "BROKER_ERROR"));
    });

    it("leaves no way for one writer to erase the keys of others", async () => {
      const spec = newSpec();
      const bucket = createBucket(session.connection, spec.name);
      await makeForeign(spec, { allow_rollup_hdrs: true });
      const write = async () => {
        for (const key of ["web1", "web2", "web3"]) await bucket.put(key, NOTHING);
      };
      const attack = (rollup: string) => bucket.put("evil", NOTHING, { headers: { "Nats-Rollup": rollup } });
      await write();
      await attack("all");
      assert.equal((await bucket.state()).keys, 1, "the attack works as long as roll-ups are allowed");

      await setUpBucket(session.connection, spec);
      await write();
      for (const rollup of ["all", "sub"]) {
        await assert.rejects(attack(rollup), (error) => isFleetError(error, "BROKER_ERROR"));
      }
      const kvPurge = { headers: { "KV-Operation": "PURGE", "Nats-Rollup": "sub" } };
      await assert.rejects(bucket.put("web1", NOTHING, kvPurge), (error) => isFleetError(error, "BROKER_ERROR"));
      for (const key of ["web1", "web2", "web3"]) assert.ok(await bucket.get(key), key);
      const deletion = await askJetStream<{ error?: unknown }>(
        session.connection,
        `STREAM.MSG.DELETE.KV_${spec.name}`,
        { seq: (await bucket.state()).lastRevision },
      );
      assert.ok(deletion.error);
    });

    it("lets two owners make the same bucket at once, with the same settings or with others", async () => {
      for (let round = 0; round < 5; round += 1) {
        const spec = newSpec({ storage: "memory" });
        const other = { ...spec, ttlMs: round % 2 === 0 ? 30_000 : 45_000 };
        const setups = await Promise.all([spec, other].map((each) => setUpBucket(session.connection, each)));
        for (const { fixed } of setups) assert.deepEqual(fixed, []);
        assert.ok(setups.some(({ created }) => created));
        if (round % 2 === 1) assert.equal(setups.flatMap(({ problems }) => problems).length, 1);
      }
    });

    it("refuses copies that cannot be had, and names them on a bucket that exists", async () => {
      const spec = newSpec();
      await assert.rejects(setUpBucket(session.connection, spec, { replicas: 3 }), (error) => {
        assert.ok(isFleetError(error, "BROKER_ERROR"));
        assert.match(error.message, /STREAM\.CREATE\.KV_bucket-\d+: replicas > 1 not supported/);
        return true;
      });
      await setUpBucket(session.connection, spec);
      const { fixed, problems } = await setUpBucket(session.connection, spec, { replicas: 3 });
      assert.deepEqual(fixed, []);
      assert.match(problems.join("; "), /^cannot change the copies from 1 to 3: .*; the number of copies is 1, not 3$/);
    });

    it("names the subject of a grant that is missing, and works once it is granted", async () => {
      const grants = (subjects: string) => `authorization { users: [
        { user: master, password: pw, permissions: { publish: [${subjects}], subscribe: ["_INBOX.>"] } }
      ] }`;
      const [none, look, all] = [grants('"x"'), grants('"$JS.API.STREAM.INFO.>"'), grants('"$JS.API.>"')];
      await using guarded = await startTestServer({ path, config: none });
      await using master = await connectSession({ urls: [guarded.url.replace("nats://", "nats://master:pw@")] });
      const spec = newSpec();
      const setUp = () => setUpBucket(master.connection, spec);
      const deniedOf = (subject: string) => (error: unknown) =>
        isFleetError(error, "PERMISSION_DENIED") &&
        error.message.includes(`"$JS.API.STREAM.${subject}.KV_${spec.name}"`);
      await assert.rejects(setUp(), deniedOf("INFO"));
      await changeSettings(guarded, none, look);
      reloadSettings(guarded);
      await eventually(() => assert.rejects(setUp(), deniedOf("CREATE")));
      await changeSettings(guarded, look, all);
      reloadSettings(guarded);
      await eventually(async () => assert.deepEqual((await setUp()).problems, []));
    });
  });
}
