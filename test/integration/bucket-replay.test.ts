import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { createBucket, setUpBucket } from "@fleet/bus";
import { type Clock, isFleetError, systemClock } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { askJetStream, assertCounted, type BusSession, connectSession } from "./bus-session.ts";

for (const { label, path, skip } of await resolveTestServerVersions()) {
  describe(`a replay of a bucket on ${label}`, { skip: skip ?? false }, () => {
    let server: RunningServer;
    let session: BusSession;
    before(async () => {
      // What a server holds for a client before it cuts it off, 64 MB otherwise.
      server = await startTestServer({ path, config: "max_pending: 16MB" });
      session = await connectSession({ urls: [server.url] });
    });
    after(async () => {
      await session.stop();
      await server.stop();
    });

    it("gives values that together are more than a server holds for a client, to a reader that takes its time", async () => {
      const { connection } = session;
      await setUpBucket(connection, { name: "large", ttlMs: 0, history: 1, storage: "memory" });
      const bucket = createBucket(connection, "large");
      const value = new Uint8Array(60_000);
      for (let at = 0; at < 400; at += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, index) => bucket.put(`key-${at + index}`, value)));
      }
      const keys = new Set<string>();
      await bucket.replay(
        ({ key }) => {
          keys.add(key);
          const untilMono = performance.now() + 1;
          while (performance.now() < untilMono);
        },
        { timeoutMs: 30_000 },
      );
      assert.equal(keys.size, 400);
      assertCounted(connection, { reconnects: 0, disconnects: 0 });
      await askJetStream(connection, "STREAM.DELETE.KV_large");
    });

    it("gives the last value of every key where the bucket keeps more than one", async () => {
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

    it("is given up at its deadline and leaves no consumer behind", async () => {
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
      await eventually(async () => {
        const info = await askJetStream<{ state: { consumer_count: number } }>(connection, "STREAM.INFO.KV_slow");
        assert.equal(info.state.consumer_count, 0);
      });
    });

    it("fails quickly, rather than giving a part for the whole, when bucket or server go in the middle of it", async () => {
      await using other = await startTestServer({ path });
      // On its clock the 5 s after which a silent server is given up are half a second.
      const clock: Clock = {
        ...systemClock,
        setTimer: (delayMs, callback) => systemClock.setTimer(delayMs / 10, callback),
      };
      await using reader = await connectSession({ urls: [other.url], clock });
      const { connection } = reader;
      const bucket = createBucket(connection, "cut-off");
      /** Replays up to the last key of the first pull and does `harm` then. */
      const replayWith = async (harm: () => void) => {
        await setUpBucket(connection, { name: "cut-off", ttlMs: 0, history: 1, storage: "memory" });
        const keys = Array.from({ length: 3_000 }, (_, index) => `key-${index}`);
        await Promise.all(keys.map((key) => bucket.put(key, new Uint8Array())));
        let visited = 0;
        const startedMono = performance.now();
        const replay = bucket.replay(
          () => {
            visited += 1;
            if (visited === 50) harm();
          },
          { timeoutMs: 600_000 },
        );
        const error = await replay.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        assert.ok(performance.now() - startedMono < 10_000);
        // The harm can come too late; what may not be is that a part passes for the whole.
        if (visited === keys.length) return;
        assert.ok(isFleetError(error, "UNAVAILABLE", "NOT_CONNECTED", "TIMEOUT"), `${visited} keys, ${error}`);
      };
      await replayWith(() => connection.publish("$JS.API.STREAM.DELETE.KV_cut-off", new Uint8Array()));
      await replayWith(() => other.kill());
    });
  });
}
