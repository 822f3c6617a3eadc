import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createFakeClock } from "@fleet/runtime/testing";
import { encodeRosterRecord, type RosterRecord } from "@fleet/wire";
import { createRosterFollower } from "./roster-follower.ts";
import { createConnectionTwin } from "./testing/connection-twin.ts";

const record = (state: RosterRecord["state"]): Uint8Array =>
  encodeRosterRecord({
    state,
    reason: state === "offline" ? "left" : "joined",
    since: 0,
    version: "1",
    protocol: 1,
    term: 1,
  });

function createScene(after = 0) {
  const clock = createFakeClock();
  const connection = createConnectionTwin();
  const roster = createMemoryBucket({ name: "peel-presence", clock, history: 16 });
  const news: string[] = [];
  const errors: string[] = [];
  const follower = createRosterFollower({
    connection,
    roster,
    after,
    onNews: ({ id, record: told }) => news.push(`${id} ${told?.state ?? "forgotten"}`),
    onError: (message) => errors.push(message),
    clock,
    random: () => 0.5,
  });
  const stop = new AbortController();
  return { clock, connection, roster, news, errors, stop, run: () => follower.run(stop.signal) };
}

test("every transition is told once and in order, from the revision that is known on", async () => {
  const { clock, roster, news, stop, run } = createScene(2);
  for (const id of ["a", "b"]) await roster.put(id, record("online"));
  for (const state of ["offline", "online"] as const) await roster.put("a", record(state));
  const running = run();
  await clock.advance(0);
  assert.deepEqual(news.splice(0), ["a offline", "a online"]);
  await roster.put("_term", Uint8Array.of(0x80));
  await roster.put("c", Uint8Array.of(0xc1));
  for (const state of ["offline", "online", "offline"] as const) await roster.put("b", record(state));
  await clock.advance(100);
  assert.deepEqual(news, ["b offline", "b online", "b offline"]);
  stop.abort();
  await running;
  assert.equal(clock.pendingTimers, 0);
});

test("a write that the broker refuses is heard and not told", async () => {
  const { clock, roster, news, stop, run } = createScene();
  await roster.put("a", record("online"));
  const running = run();
  await clock.advance(0);
  await assert.rejects(roster.put("a", record("offline"), { expectedRevision: 77 }));
  await assert.rejects(roster.delete("a", { expectedRevision: 77 }));
  await clock.advance(60_000);
  assert.deepEqual(news, ["a online"]);
  stop.abort();
  await running;
});

test("a peel that is forgotten is told of once, whether its marker is still there or not", async () => {
  const { clock, roster, news, stop, run } = createScene();
  for (const id of ["a", "b"]) await roster.put(id, record("offline"));
  const running = run();
  await clock.advance(0);
  news.splice(0);
  const revision = await roster.delete("a");
  await roster.purge("a", { before: revision + 1 });
  await clock.advance(0);
  await roster.delete("b");
  await clock.advance(60_000);
  assert.deepEqual(news, ["a forgotten", "b forgotten"]);
  stop.abort();
  await running;
});

test("what was missed is told when the connection is back, and all of a roster that was made anew", async () => {
  const { clock, connection, roster, news, errors, stop, run } = createScene();
  for (const id of ["a", "b"]) await roster.put(id, record("online"));
  const running = run();
  await clock.advance(0);
  connection.become("disconnected");
  roster.failure = new Error("outage");
  await clock.advance(30_000);
  roster.failure = undefined;
  roster.remove();
  roster.restore();
  connection.become("connected");
  await clock.advance(0);
  assert.deepEqual(news.splice(0), ["a online", "b online"]);
  await roster.put("c", record("online"));
  await clock.advance(0);
  assert.deepEqual([news, errors], [["c online"], []]);
  roster.remove();
  await clock.advance(15_000);
  assert.match(errors[0] ?? "", /no such bucket/);
  stop.abort();
  await running;
});
