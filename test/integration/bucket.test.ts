import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { createBucket, setUpBucket } from "@fleet/bus";
import { bucketContract } from "@fleet/bus/testing";
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

    bucketContract(async ({ ttlMs, history }) => {
      const { connection } = session;
      made += 1;
      const name = `contract-${made}`;
      const recreate = async () => {
        const setup = await setUpBucket(connection, { name, ttlMs, history, storage: "memory" });
        assert.deepEqual(setup, { created: true, fixed: [], problems: [] });
      };
      const remove = async () => {
        await askJetStream(connection, `STREAM.DELETE.${bucketStream(name)}`);
      };
      await recreate();
      return { bucket: createBucket(connection, name), remove, recreate, pass: async () => {}, close: remove };
    });
  });
}
