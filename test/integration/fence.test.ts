import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { after, before, beforeEach, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { type Connection, createBucket, openFencedWriter, readLastTerm } from "@fleet/bus";
import { isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { decodeTerm, FENCE_KEY, FENCE_WINDOW, TERM_KEY } from "@fleet/wire";
import { type BusSession, connectSession } from "./bus-session.ts";
import {
  assertTold,
  freshKeys,
  INTRUDER,
  isRefused,
  isStored,
  readHistory,
  reopen,
  setUpGuarded,
  startWriting,
  type ToldWrite,
  writeAll,
} from "./guarded-bucket.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

const NOTHING = new Uint8Array();
const next = (lastTerm: number) => lastTerm + 1;
const isFenced = (pattern: RegExp) => (error: unknown) => isFleetError(error, "FENCED") && pattern.test(error.message);

for (const { label, path, skip } of await resolveTestServerVersions()) {
  describe(`the fence on ${label}`, { skip: skip ?? false }, () => {
    let server: RunningServer;
    let session: BusSession;
    let connection: Connection;
    let bucket = "";
    let made = 0;
    before(async () => {
      server = await startTestServer({ path });
      session = await connectSession({ urls: [server.url] });
      connection = session.connection;
    });
    after(async () => {
      await session.stop();
      await server.stop();
    });
    beforeEach(async () => {
      made += 1;
      bucket = `guarded-${made}`;
      await setUpGuarded(connection, bucket);
    });

    it("writes no term for a holder that finds its time to be over after it has read the bucket", async () => {
      const opening = openFencedWriter(connection, bucket, { term: next, isHeld: () => false });
      await assert.rejects(opening, (error) => isFleetError(error, "FENCED") && /is over/.test(error.message));
      assert.equal(await readLastTerm(connection, bucket), 0);
    });

    it("gives each writer a term greater than the last, and tells which that was", async () => {
      assert.equal(await readLastTerm(connection, bucket), 0);
      assert.equal(await readLastTerm(connection, "no-such-bucket"), 0);
      await assert.rejects(openFencedWriter(connection, "no-such-bucket", { term: next }), (error) =>
        isFleetError(error, "BUCKET_MISSING"),
      );
      const asked: number[] = [];
      const term = (lastTerm: number) => {
        asked.push(lastTerm);
        return lastTerm + 5;
      };
      const first = await openFencedWriter(connection, bucket, { term, holder: "master-1", expectedRevision: 0 });
      assert.deepEqual([first.term, first.state, first.failure], [5, "open", undefined]);
      assert.equal(await first.write("web1", NOTHING), FENCE_WINDOW + 1);
      assert.equal(first.lastRevision, FENCE_WINDOW + 1);
      const second = await openFencedWriter(connection, bucket, { term, expectedRevision: FENCE_WINDOW + 1 });
      assert.deepEqual([asked, second.term], [[0, 5], 10]);
      assert.equal(await readLastTerm(connection, bucket), 10);
      assert.equal(await second.write("web1", NOTHING), 2 * (FENCE_WINDOW + 1));
      await Promise.all([first.drain(), second.drain()]);
      const [record] = await readHistory(connection, bucket);
      assert.deepEqual([record?.key, record?.term], [TERM_KEY, 5]);
    });

    it("does not open with a term that is not greater, on a bucket that has moved on, or over a term it cannot read", async () => {
      const writer = await openFencedWriter(connection, bucket, { term: () => 7, holder: "master-1" });
      for (const term of [3, 7]) {
        const opening = openFencedWriter(connection, bucket, { term: () => term });
        await assert.rejects(
          opening,
          isFenced(new RegExp(`term ${term} is not greater than the last one, 7, of master-1`)),
        );
      }
      await writer.write("web1", NOTHING);
      const late = openFencedWriter(connection, bucket, { term: next, expectedRevision: FENCE_WINDOW });
      await assert.rejects(late, isFenced(/not opened: .* wrong last sequence: 129/));
      assert.equal(await readLastTerm(connection, bucket), 7);
      await assert.rejects(writer.write("web2", NOTHING), isFenced(/refused/));
      await writer.drain();

      const kv = createBucket(connection, bucket);
      await kv.put(TERM_KEY, Uint8Array.of(0xc1));
      const unreadable = (error: unknown) => isFleetError(error, "BROKER_ERROR") && /_term/.test(error.message);
      await assert.rejects(readLastTerm(connection, bucket), unreadable);
      await assert.rejects(openFencedWriter(connection, bucket, { term: next }), unreadable);
      await kv.delete(TERM_KEY);
      assert.equal(await readLastTerm(connection, bucket), 0);
      await (await openFencedWriter(connection, bucket, { term: next })).drain();
      assert.equal(await readLastTerm(connection, bucket), 1);
    });

    it("never lets two write side by side, however many try to open it at once", async () => {
      const told: ToldWrite[] = [];
      for (let round = 0; round < 5; round += 1) {
        const tries = Array.from({ length: 8 }, () => openFencedWriter(connection, bucket, { term: next }));
        const outcomes = await Promise.allSettled(tries);
        const writers = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
        for (const outcome of outcomes) {
          if (outcome.status === "rejected") assert.ok(isFenced(/not opened: /)(outcome.reason), outcome.reason);
        }
        told.push(...(await Promise.all(writers.map((writer) => writeAll(writer, freshKeys(20))))).flat());
      }
      const last = await reopen(connection, bucket);
      told.push(...(await writeAll(last, freshKeys(20))));
      assert.ok(told.slice(-20).every(isStored));
      assertTold(told, await readHistory(connection, bucket));
      await last.drain();
    });

    it("does not open when something is written while it moves the bucket on, and does at the next attempt", async () => {
      await using proxy = await startTcpProxy(server);
      await using far = await connectSession({ urls: [proxy.url] });
      const kv = createBucket(connection, bucket);
      const term = (lastTerm: number) => {
        proxy.holdAnswers();
        return lastTerm + 1;
      };
      const opening = assert.rejects(
        openFencedWriter(far.connection, bucket, { term }),
        isFenced(/term 1: not opened/),
      );
      await eventually(async () => assert.equal((await kv.state()).lastRevision, 1));
      await kv.put(INTRUDER, NOTHING);
      proxy.releaseAnswers();
      await opening;
      const again = await openFencedWriter(far.connection, bucket, { term: next });
      const told = await writeAll(again, freshKeys(10));
      assert.ok(told.every(isStored));
      assertTold(told, await readHistory(connection, bucket));
      await again.drain();
    });

    it("refuses everything of a writer that another has deposed, also while it writes as fast as it can", async () => {
      await using other = await connectSession({ urls: [server.url] });
      const told: ToldWrite[] = [];
      for (let round = 1; round <= 4; round += 1) {
        const old = await reopen(other.connection, bucket);
        const writing = startWriting(old, freshKeys(3_000), 100 * round);
        await writing.underWay;
        const taken = await reopen(connection, bucket);
        const openedAt = taken.lastRevision;
        const fresh = await writeAll(taken, freshKeys(200));
        const late = await writing.told;

        assert.ok(fresh.every(isStored), "the new writer was hindered");
        for (const { outcome } of late) assert.ok(typeof outcome !== "number" || outcome <= openedAt);
        assert.ok(late.some(isRefused), "the old writer was done before");
        assert.equal(old.state, "failed");
        await assert.rejects(old.write("late", NOTHING), isFenced(/this writer has ended/));
        told.push(...late, ...fresh);
        await taken.drain();
      }
      assertTold(told, await readHistory(connection, bucket));
    });

    for (const written of [0, 60, 400]) {
      it(`refuses what arrives from a deposed writer when ${written} have been written since`, async () => {
        await using proxy = await startTcpProxy(server);
        await using slow = await connectSession({ urls: [proxy.url] });
        const old = await openFencedWriter(slow.connection, bucket, { term: next });
        const early = await writeAll(old, freshKeys(50));
        proxy.hold();
        const late = writeAll(old, freshKeys(FENCE_WINDOW + 50));
        const taken = await openFencedWriter(connection, bucket, { term: next });
        const fresh = await writeAll(taken, freshKeys(written));
        proxy.release();
        const told = await late;
        assert.ok(early.every(isStored) && fresh.every(isStored));
        assert.ok(told.every(isRefused), `${told.filter(isStored).length} late writes were let through`);
        const more = await writeAll(taken, freshKeys(10));
        assert.ok(more.every(isStored));
        assertTold([...early, ...told, ...fresh, ...more], await readHistory(connection, bucket));
        await taken.drain();
      });
    }

    it("loses none of 10,000 writes silently when something else is written in their midst", async () => {
      const writer = await openFencedWriter(connection, bucket, { term: next });
      const intruder = createBucket(connection, bucket);
      let intruded: Promise<number> | undefined;
      const keys = freshKeys(10_000);
      const told = await writeAll(writer, keys, (stored) => {
        if (stored === 5_000) intruded = intruder.put(INTRUDER, NOTHING);
      });
      const intrudedAt = (await intruded) ?? 0;
      const first = told.findIndex(isRefused);
      assert.equal(told[first - 1]?.outcome, intrudedAt - 1);
      assert.ok(told.slice(0, first).every(isStored), "one before it was not stored");
      assert.ok(told.slice(first + FENCE_WINDOW).every(isRefused), "one sent after it was not refused");
      assert.match(
        writer.failure?.message ?? "",
        new RegExp(`^${bucket}\\.${keys[first]}, term 1: refused: .* at ${intrudedAt}`),
      );
      const followers = told.slice(first + 1).filter(isRefused);
      for (const { outcome } of followers) assert.ok(isFenced(/this writer has ended: /)(outcome));
      assertTold(told, await readHistory(connection, bucket));
    });

    it("writes the same key many times in a row, in order", async () => {
      const writer = await openFencedWriter(connection, bucket, { term: next });
      const revisions = await Promise.all(
        Array.from({ length: 500 }, (_, turn) => writer.write("web1", Uint8Array.of(turn))),
      );
      assert.deepEqual(
        revisions,
        Array.from({ length: 500 }, (_, turn) => FENCE_WINDOW + 1 + turn),
      );
      assert.equal((await createBucket(connection, bucket).get("web1"))?.value[0], 499 % 256);
      await writer.drain();
    });

    it("deletes a key behind the fence, so that it can be purged without a trace and without harm to the writer", async () => {
      const kv = createBucket(connection, bucket);
      const writer = await openFencedWriter(connection, bucket, { term: next });
      await writer.write("web1", NOTHING);
      await writer.write("web2", NOTHING);
      const revision = await writer.delete("web1", { headers: { "Fleet-Session": "s1" } });
      const marker = await kv.get("web1");
      assert.deepEqual([marker?.operation, marker?.header("Fleet-Session")], ["delete", "s1"]);
      assert.equal(await kv.purge("web1", { before: revision + 1 }), 2);
      assert.equal(await kv.get("web1", { fromLeader: true }), undefined);
      assert.equal(await writer.write("web1", NOTHING), revision + 1);
      await writer.drain();
    });

    it("sends nothing more once its signal has aborted, and does not open after that", async () => {
      const controller = new AbortController();
      const writer = await openFencedWriter(connection, bucket, { term: next, signal: controller.signal });
      const told = await writeAll(writer, freshKeys(1_000), (stored) => stored === 100 && controller.abort());
      assert.ok(told.some(isRefused));
      assert.ok(isFenced(/the writer was told to end/)(writer.failure));
      assertTold(told, await readHistory(connection, bucket));
      const opening = openFencedWriter(connection, bucket, { term: next, signal: controller.signal });
      await assert.rejects(opening, { name: "AbortError" });
      assert.equal(await readLastTerm(connection, bucket), 1);
    });

    it("says in the term record who writes, and keeps its own keys for itself", async () => {
      const writer = await openFencedWriter(connection, bucket, { term: () => 9, holder: "master-2" });
      const entry = await createBucket(connection, bucket).get(TERM_KEY);
      assert.deepEqual(decodeTerm(entry?.value ?? NOTHING), { ok: true, value: { term: 9, holder: "master-2" } });
      for (const key of [TERM_KEY, FENCE_KEY, "_", "two words", ""]) {
        assert.throws(() => writer.write(key, NOTHING), /invariant/);
        assert.throws(() => writer.delete(key), /invariant/);
      }
      await writer.drain();
    });

    it("leaves nothing behind in the server or on its signal, whichever way it ends", async () => {
      await using tidy = await connectSession({ urls: [server.url], name: "tidy" });
      const { connection } = tidy;
      const subscriptions = async () => {
        const answer = await fetch(`${server.monitorUrl}/connz`);
        const { connections } = (await answer.json()) as { connections: { name: string; subscriptions: number }[] };
        return connections.find(({ name }) => name === "tidy")?.subscriptions;
      };
      const { signal } = new AbortController();
      const leaving = new AbortController();
      // The first request of a connection makes it listen for answers.
      await readLastTerm(connection, bucket);
      const before = await subscriptions();
      const drained = await openFencedWriter(connection, bucket, { term: next, signal });
      await drained.write("web1", NOTHING);
      await drained.drain();
      const deposed = await openFencedWriter(connection, bucket, { term: next, signal });
      await openFencedWriter(connection, bucket, { term: next, signal: leaving.signal });
      await assert.rejects(deposed.write("web1", NOTHING), isFenced(/refused/));
      assert.equal(getEventListeners(leaving.signal, "abort").length, 1);
      leaving.abort();
      await eventually(async () => assert.equal(await subscriptions(), before));
      assert.equal(getEventListeners(signal, "abort").length, 0);
    });
  });
}
