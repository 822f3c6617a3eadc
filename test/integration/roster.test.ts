// Who writes the roster, and what, where not every master has seen everything.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { type Connection, createBucket, openFencedWriter, setUpBucket } from "@fleet/bus";
import { createLiveView, createRoster, readRoster } from "@fleet/presence";
import { systemClock } from "@fleet/runtime";
import { createRecordingLogger, eventually } from "@fleet/runtime/testing";
import {
  encodeRosterRecord,
  HEADER_SESSION,
  HEARTBEAT_BUCKET,
  heartbeatBucketSpec,
  ROSTER_BUCKET,
  rosterBucketSpec,
} from "@fleet/wire";
import { reasonsOf } from "../chaos/roster-history.ts";
import { connectSession } from "./bus-session.ts";
import {
  assertCheck,
  beat,
  checkOf,
  type FleetMember,
  PATIENT,
  QUICK,
  QUICK_TTL_MS,
  startMaster,
} from "./fleet-members.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

/** Writes beats of one session each, as often as a peel does. */
function beating(connection: Connection, sessions: ReadonlyMap<string, string>): AsyncDisposable {
  const bucket = createBucket(connection, HEARTBEAT_BUCKET);
  let seq = 0;
  const timer = setInterval(() => {
    seq += 1;
    for (const [id, session] of sessions) bucket.put(id, beat({ session, seq, intervalMs: 800 })).catch(() => {});
  }, 200);
  return { [Symbol.asyncDispose]: async () => clearInterval(timer) };
}

function untilReasons(connection: Connection, id: string, reasons: readonly string[]): Promise<void> {
  return eventually(async () => assert.deepEqual(await reasonsOf(connection, id), reasons, id), PATIENT);
}

describe("a master that begins to write the roster while it is blind", () => {
  it("writes who came back meanwhile once", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    const { connection } = session;
    await setUpBucket(connection, heartbeatBucketSpec({ ttlMs: QUICK_TTL_MS, storage: "memory" }));
    await setUpBucket(connection, rosterBucketSpec());
    const record = {
      state: "online",
      reason: "joined",
      since: Date.now(),
      version: "1",
      protocol: 1,
      term: 1,
    } as const;
    const former = await openFencedWriter(connection, ROSTER_BUCKET, { term: () => 1 });
    for (const id of ["web1", "gone"]) await former.write(id, encodeRosterRecord({ ...record, session: `${id}-a` }));
    await former.drain();
    await using _ = beating(connection, new Map([["web1", "web1-b"]]));

    const clock = systemClock;
    const logger = createRecordingLogger();
    const view = createLiveView({
      bucket: createBucket(connection, HEARTBEAT_BUCKET),
      connection,
      ttlMs: QUICK_TTL_MS,
      intervalMs: 800,
      clock,
      random: Math.random,
      logger,
      readRecords: async (signal) =>
        (await readRoster(createBucket(connection, ROSTER_BUCKET), { timeoutMs: 5_000, signal })).byId,
    });
    const roster = createRoster({
      connection,
      bucket: ROSTER_BUCKET,
      view,
      holder: "next",
      ttlMs: QUICK_TTL_MS,
      clock,
      logger,
    });
    const controller = new AbortController();
    const { signal } = controller;
    const running = [roster.run(signal), view.run(signal)];
    try {
      await eventually(() => assert.match(view.blindness ?? "", /1 peel\(s\) not heard/), PATIENT);
      assert.equal(view.get("web1")?.session, "web1-b");
      running.push(roster.write({ signal, term: 2, isHeld: () => true }));
      await untilReasons(connection, "gone", ["joined", "expired"]);
      assert.deepEqual(await reasonsOf(connection, "web1"), ["joined", "returned"]);
    } finally {
      controller.abort();
      await Promise.all(running);
    }
  });
});

describe("two masters of which the one that publishes was cut off for a moment", () => {
  const untilPublishing = (master: FleetMember) =>
    eventually(async () => assert.match((await checkOf(master, "publisher-lease")).message ?? "", /^leader/), PATIENT);

  it("leave the writing to the one that heard everything", async () => {
    await using server = await startTestServer();
    await using proxy = await startTcpProxy(server);
    await using session = await connectSession({ urls: [server.url] });
    const { connection } = session;
    const bucket = createBucket(connection, HEARTBEAT_BUCKET);
    await using cutOff = await startMaster(proxy.url, QUICK);
    await untilPublishing(cutOff);
    await using other = await startMaster(server.url, QUICK);
    const sessions = new Map([
      ["web1", "web1-a"],
      ["web2", "web2-a"],
    ]);
    await using _ = beating(connection, sessions);
    for (const id of sessions.keys()) await untilReasons(connection, id, ["joined"]);
    await assertCheck(other, "presence", "ok");

    proxy.holdAnswers();
    sessions.delete("web1");
    await bucket.delete("web1", { headers: { [HEADER_SESSION]: "web1-a" } });
    // The other one has told it, and removes the marker.
    await eventually(async () => assert.equal((await bucket.state()).keys, 1), PATIENT);
    sessions.set("web1", "web1-b");
    await eventually(async () => assert.equal((await bucket.get("web1"))?.operation, "put"), PATIENT);
    proxy.cut();
    await untilReasons(connection, "web1", ["joined", "left", "returned"]);
  });
});
