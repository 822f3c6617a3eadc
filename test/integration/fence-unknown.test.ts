import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { connectSession } from "./bus-session.ts";
import {
  assertTold,
  freshKeys,
  isStored,
  isUnknown,
  readHistory,
  reopen,
  setUpGuarded,
  startWriting,
  type ToldWrite,
  writeAll,
} from "./guarded-bucket.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

const BUCKET = "guarded";
const ROUNDS = 6;
const WRITES = 2_000;

/** How many of the writes whose outcome was not known are stored nevertheless. */
function storedUnknown(told: readonly ToldWrite[], keys: ReadonlySet<string>): number {
  return told.filter((write) => isUnknown(write) && keys.has(write.key)).length;
}

for (const { label, path, skip } of await resolveTestServerVersions()) {
  describe(`the fence on ${label}, when answers are lost`, { skip: skip ?? false }, () => {
    it("is told the truth of every write when the connection is cut between a write and its answer", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url] });
      await using proxy = await startTcpProxy(server);
      await using far = await connectSession({ urls: [proxy.url] });
      await setUpGuarded(session.connection, BUCKET);
      const told: ToldWrite[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) {
        const writer = await reopen(far.connection, BUCKET, 5_000);
        const writing = startWriting(writer, freshKeys(WRITES), 90 * round);
        await writing.underWay;
        proxy.holdAnswers();
        const sentBytes = proxy.sentBytes;
        await eventually(() => assert.ok(proxy.sentBytes > sentBytes || writer.state !== "open"), { everyMs: 1 });
        proxy.cut();
        const outcomes = await writing.told;
        assert.ok(outcomes.some(isStored) && outcomes.some(isUnknown));
        for (const { outcome } of outcomes.filter(isUnknown)) assert.ok(isFleetError(outcome, "NOT_CONNECTED"));
        assert.equal(writer.state, "failed");
        told.push(...outcomes);
      }
      const last = await reopen(far.connection, BUCKET);
      told.push(...(await writeAll(last, freshKeys(100))));
      assert.ok(told.slice(-100).every(isStored));
      const history = await readHistory(session.connection, BUCKET);
      assertTold(told, history);
      const found = storedUnknown(told, new Set(history.map(({ key }) => key)));
      assert.ok(found > 0, "no answer was lost of a write that was stored");
    });

    it("is told the truth of every write when the server is killed or stands still in the midst of them", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url] });
      const { connection } = session;
      await setUpGuarded(connection, BUCKET);
      const told: ToldWrite[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) {
        const standsStill = round % 2 === 0;
        const writer = await reopen(connection, BUCKET, standsStill ? 300 : 2_000);
        const writing = startWriting(writer, freshKeys(WRITES), 130 * round);
        await writing.underWay;
        server.kill(standsStill ? "SIGSTOP" : "SIGKILL");
        const outcomes = await writing.told;
        assert.ok(outcomes.some(isStored) && outcomes.some(isUnknown));
        told.push(...outcomes);
        if (standsStill) server.kill("SIGCONT");
        else await server.restart();
      }
      const last = await reopen(connection, BUCKET);
      told.push(...(await writeAll(last, freshKeys(100))));
      assert.ok(told.slice(-100).every(isStored));
      assertTold(told, await readHistory(connection, BUCKET));
    });
  });
}
