import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { createBucket, setUpBucket } from "@fleet/bus";
import { createFactsMirror, createPresenceClient, createPresenceService, type PresenceClient } from "@fleet/presence";
import { createViewTwin, type ViewTwin } from "@fleet/presence/testing";
import { createServiceGroup, isFleetError, systemClock } from "@fleet/runtime";
import { createRecordingLogger, eventually } from "@fleet/runtime/testing";
import { encodeFacts, FACTS_BUCKET, factsBucketSpec } from "@fleet/wire";
import { type BusSession, connectSession } from "./bus-session.ts";

const ANSWER = { timeoutMs: 10_000 };

/** A master's answering part, on a connection of its own. */
interface Master extends AsyncDisposable {
  readonly view: ViewTwin;
  readonly forgotten: readonly string[];
  isWriting: boolean;
}

async function startMaster(server: RunningServer, instance: string): Promise<Master> {
  const session = await connectSession({ urls: [server.url] });
  const { connection } = session;
  const parts = { connection, clock: systemClock, random: Math.random, logger: createRecordingLogger() };
  const factsBucket = createBucket(connection, FACTS_BUCKET);
  const view = createViewTwin();
  const facts = createFactsMirror({ ...parts, bucket: factsBucket });
  const forgotten: string[] = [];
  const roster = {
    isWriting: false,
    async forget(id: string) {
      forgotten.push(id);
      view.remove(id);
    },
  };
  const service = createPresenceService({ ...parts, instance, version: "1.2.3", view, facts, factsBucket, roster });
  const group = createServiceGroup({
    name: "master",
    clock: systemClock,
    members: [facts, service],
    stopTimeoutMs: 10_000,
  });
  const stop = new AbortController();
  const running = group.run(stop.signal);
  return {
    view,
    forgotten,
    get isWriting() {
      return roster.isWriting;
    },
    set isWriting(writing) {
      roster.isWriting = writing;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await session.stop();
    },
  };
}

const failsWith = (code: string) => (error: unknown) => isFleetError(error, code);

describe("a master that is asked who is here", () => {
  let server: RunningServer;
  let session: BusSession;
  let client: PresenceClient;
  beforeEach(async () => {
    server = await startTestServer();
    session = await connectSession({ urls: [server.url] });
    await setUpBucket(session.connection, factsBucketSpec);
    client = createPresenceClient(session.connection, ANSWER);
  });
  afterEach(async () => {
    await session.stop();
    await server.stop();
  });

  const tellFacts = (id: string, role: string) =>
    createBucket(session.connection, FACTS_BUCKET).put(
      id,
      encodeFacts({ os: { name: "linux", arch: "amd64" }, peel: { version: "0.9.0" }, labels: { role } }),
    );
  /** Waits until it answers. */
  const ready = (instance = "") =>
    eventually(async () => assert.ok((await client.count(ALL)).instance.startsWith(instance)));
  const ALL = { filter: {}, by: "state" } as const;
  const idsOf = async (filter: Parameters<PresenceClient["list"]>[0]["filter"]) =>
    (await client.list({ filter, wide: false })).peels.map(({ id }) => id);

  it("lists the peels by their ids, with their facts, also those that were never heard", async () => {
    await using master = await startMaster(server, "master-1");
    await tellFacts("web-1", "web");
    await tellFacts("asleep", "db");
    const sinceAt = Date.now() - 5_000;
    master.view.add({ id: "web-1", session: "s1", intervalMs: 10_000, lastBeatAgoMs: 1_500, sinceAt });
    master.view.add({ id: "db-1", state: "offline", reason: "crashed", version: "", lastBeatAgoMs: undefined });
    await ready();
    const { peels, asOf, blindness, instance } = await eventually(async () => {
      const answer = await client.list({ filter: {}, wide: true });
      assert.equal(answer.peels.length, 3);
      return answer;
    });
    assert.ok(Math.abs(asOf - Date.now()) < 60_000);
    assert.deepEqual([blindness, instance], [undefined, "master-1"]);
    const [asleep, db, web] = peels;
    assert.equal(asOf - (web?.sinceMs ?? 0), sinceAt);
    assert.deepEqual(
      [web?.id, web?.state, web?.reason, web?.version, web?.os, web?.labels, web?.session, web?.lastSeenMs],
      ["web-1", "online", "joined", "1.2.3", "linux", { role: "web" }, "s1", 1_500],
    );
    assert.deepEqual([db?.id, db?.state, db?.reason, db?.version], ["db-1", "offline", "crashed", undefined]);
    assert.deepEqual(
      [asleep?.id, asleep?.state, asleep?.reason, asleep?.sinceMs, asleep?.version],
      ["asleep", "offline", undefined, undefined, "0.9.0"],
    );
    assert.deepEqual(await idsOf({ labels: { role: "db" } }), ["asleep"]);
    assert.deepEqual(await idsOf({ ids: ["*-1"], states: ["offline"] }), ["db-1"]);
  });

  it("gives a list of many pages whole and in order, from the master that began it", async () => {
    await using one = await startMaster(server, "master-1");
    await using two = await startMaster(server, "master-2");
    const ids = Array.from({ length: 20_000 }, (_, index) => `peel-${index}`);
    for (const id of [...ids].reverse()) for (const { view } of [one, two]) view.add({ id });
    await ready();
    const lists = Array.from({ length: 6 }, () => client.list({ filter: {}, wide: false }));
    const wholes = await Promise.all(lists);
    for (const { peels } of wholes)
      assert.deepEqual(
        peels.map(({ id }) => id),
        [...ids].sort(),
      );
    await eventually(async () => {
      const { instance } = await client.list({ filter: {}, wide: false });
      assert.equal(instance, "master-2");
    });
  });

  it("counts by what peels have in common", async () => {
    await using master = await startMaster(server, "master-1");
    for (const id of ["a", "b", "c"]) master.view.add({ id, version: id === "c" ? "2" : "1" });
    master.view.add({ id: "d", state: "offline", version: "1" });
    await ready();
    const { groups } = await client.count({ filter: { ids: ["[a-d]"] }, by: "version" });
    assert.deepEqual(groups, [
      { value: "1", states: [2, 0, 1, 0] },
      { value: "2", states: [1, 0, 0, 0] },
    ]);
  });

  it("shows all that is known of one peel, with what its state rests on", async () => {
    await using master = await startMaster(server, "master-1");
    await tellFacts("web-1", "web");
    master.view.add({
      id: "web-1",
      state: "conflict",
      reason: "conflict",
      rival: "s2",
      evidence: ["two beat"],
      seq: 7,
    });
    await ready();
    const { peel, facts } = await client.show("web-1");
    assert.deepEqual([peel.state, peel.rival, peel.seq, peel.evidence], ["conflict", "s2", 7, ["two beat"]]);
    assert.deepEqual(facts?.["labels"], { role: "web" });
    await assert.rejects(client.show("web-2"), failsWith("PEEL_UNKNOWN"));
  });

  it("is not there until it knows, and says so when it does not know for sure any more", async () => {
    await using master = await startMaster(server, "master-1");
    master.view.blindness = "nothing heard yet";
    await using late = await startMaster(server, "master-2");
    late.view.blindness = "nothing heard yet";
    late.view.add({ id: "web-1" });
    // Whatever the first of them has done before it was blind.
    await master[Symbol.asyncDispose]();
    await assert.rejects(client.list({ filter: {}, wide: false }), failsWith("UNAVAILABLE"));
    late.view.blindness = undefined;
    await ready("master-2");
    late.view.blindness = "disconnected";
    const { blindness, peels } = await client.list({ filter: {}, wide: false });
    assert.deepEqual([blindness, peels.length], ["disconnected", 1]);
  });

  it("forgets a peel where the roster is written, and not one that is or may be online", async () => {
    await using one = await startMaster(server, "master-1");
    await using two = await startMaster(server, "master-2");
    for (const { view } of [one, two]) {
      view.add({ id: "old", state: "offline", reason: "left" });
      view.add({ id: "web-1" });
    }
    await ready("master-1");
    await ready("master-2");
    two.isWriting = true;
    await assert.rejects(client.forget({ id: "web-1", force: false }), failsWith("PEEL_ONLINE"));
    await assert.rejects(client.forget({ id: "nobody", force: true }), failsWith("PEEL_UNKNOWN"));
    two.view.blindness = "disconnected";
    await assert.rejects(client.forget({ id: "old", force: false }), failsWith("PEEL_ONLINE"));
    two.view.blindness = undefined;
    assert.equal(await client.forget({ id: "old", force: false }), "master-2");
    assert.equal(await client.forget({ id: "web-1", force: true }), "master-2");
    assert.deepEqual([one.forgotten, two.forgotten], [[], ["old", "web-1"]]);
    two.isWriting = false;
    const impatient = createPresenceClient(session.connection, { timeoutMs: 300 });
    await assert.rejects(impatient.forget({ id: "old", force: false }), failsWith("TIMEOUT"));
  });

  it("refuses what it does not understand, and goes on", async () => {
    await using master = await startMaster(server, "master-1");
    await ready();
    for (const verb of ["list", "count", "show", "page.master-1"]) {
      const reply = await session.connection.request(`fleet.presence.${verb}`, Uint8Array.of(0xc1), ANSWER);
      assert.equal(reply.header("Nats-Service-Error-Code"), "400", verb);
    }
    const patterns = Array.from({ length: 101 }, (_, index) => `web-${index}*`);
    await assert.rejects(idsOf({ ids: patterns }), failsWith("BAD_QUERY"));
    master.view.add({ id: "web-1" });
    assert.deepEqual(await idsOf({ ids: patterns.map((pattern) => pattern.slice(0, -1)) }), ["web-1"]);
  });

  it("is found as a NATS service", async () => {
    await using _master = await startMaster(server, "master-1");
    await ready();
    const reply = await session.connection.request("$SRV.INFO.fleet-presence.master-1", new Uint8Array(), ANSWER);
    const { version, endpoints } = JSON.parse(Buffer.from(reply.payload).toString()) as {
      version: string;
      endpoints: { subject: string; queue_group: string }[];
    };
    assert.equal(version, "1.2.3");
    assert.deepEqual(
      endpoints.map(({ subject, queue_group }) => [subject, queue_group]),
      [
        ["fleet.presence.list", "q"],
        ["fleet.presence.page.master-1", "q"],
        ["fleet.presence.show", "q"],
        ["fleet.presence.count", "q"],
        ["fleet.presence.forget", ""],
      ],
    );
  });
});
