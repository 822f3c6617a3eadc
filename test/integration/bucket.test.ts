import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { createBucket, setUpBucket } from "@fleet/bus";
import { bucketContract } from "@fleet/bus/testing";
import { isFleetError } from "@fleet/runtime";
import { bucketStream } from "@fleet/wire";
import { askJetStream, type BusSession, connectSession } from "./bus-session.ts";

for (const { label, path, skip } of await resolveTestServerVersions()) {
  describe(`a bucket on ${label}`, { skip: skip ?? false }, () => {
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

    bucketContract(async ({ ttlMs }) => {
      const { connection } = session;
      made += 1;
      const name = `contract-${made}`;
      const recreate = async () => {
        const setup = await setUpBucket(connection, { name, ttlMs, history: 1, storage: "memory" });
        assert.deepEqual(setup, { created: true, fixed: [], problems: [] });
      };
      const remove = async () => {
        await askJetStream(connection, `STREAM.DELETE.${bucketStream(name)}`);
      };
      await recreate();
      return { bucket: createBucket(connection, name), remove, recreate, pass: async () => {}, close: remove };
    });

    it("replays values that together are more than a server holds for a client, to a reader that takes its time", async () => {
      const { connection } = session;
      await setUpBucket(connection, { name: "large", ttlMs: 0, history: 1, storage: "memory" });
      const bucket = createBucket(connection, "large");
      const value = new Uint8Array(60_000);
      for (let at = 0; at < 1_600; at += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, index) => bucket.put(`key-${at + index}`, value)));
      }
      const keys = new Set<string>();
      await bucket.replay(
        ({ key }) => {
          keys.add(key);
          const untilMono = performance.now() + 0.5;
          while (performance.now() < untilMono);
        },
        { timeoutMs: 30_000 },
      );
      assert.equal(keys.size, 1_600);
      assert.deepEqual(connection.counters, { reconnects: 0, disconnects: 0, slowConsumers: 0 });
      await askJetStream(connection, "STREAM.DELETE.KV_large");
    });

    it("replays the last value of every key where the bucket keeps more than one", async () => {
      const { connection } = session;
      await setUpBucket(connection, { name: "history", ttlMs: 0, history: 16, storage: "memory" });
      const bucket = createBucket(connection, "history");
      for (let turn = 0; turn < 40; turn += 1) await bucket.put(`key-${turn % 4}`, Uint8Array.of(turn));
      const values: [string, number | undefined][] = [];
      await bucket.replay(({ key, value }) => values.push([key, value[0]]), { timeoutMs: 5_000 });
      assert.deepEqual(values, [
        ["key-0", 36],
        ["key-1", 37],
        ["key-2", 38],
        ["key-3", 39],
      ]);
      assert.equal((await bucket.state()).keys, 4);
    });

    it("gives up a replay at its deadline and leaves no consumer behind", async () => {
      const { connection } = session;
      await setUpBucket(connection, { name: "slow", ttlMs: 0, history: 1, storage: "memory" });
      const bucket = createBucket(connection, "slow");
      for (let index = 0; index < 200; index += 1) await bucket.put(`key-${index}`, new Uint8Array());
      const stuck = bucket.replay(
        () => {
          const untilMono = performance.now() + 10;
          while (performance.now() < untilMono);
        },
        { timeoutMs: 300 },
      );
      await assert.rejects(stuck, (error) => isFleetError(error, "TIMEOUT"));
      const info = await askJetStream<{ state: { consumer_count: number } }>(connection, "STREAM.INFO.KV_slow");
      assert.equal(info.state.consumer_count, 0);
    });
  });
}
