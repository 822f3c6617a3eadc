import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import type { Message } from "@fleet/bus";
import { createFakeClock } from "@fleet/runtime/testing";
import { encodePingReply, type PingReply } from "@fleet/wire";
import { createProber, MAX_PROBES_IN_FLIGHT, type ProbeResult } from "./prober.ts";
import { createMessagingTwin } from "./testing/messaging-twin.ts";

const REPLY: PingReply = { session: "s1", version: "1.0.0", uptimeMs: 5_000, status: "ok", sentAt: 1_000 };
const TIMEOUT = { timeoutMs: 750 };

/** A prober, and peels that answer when the test says so. */
function makeProber(only?: string) {
  const clock = createFakeClock();
  const connection = createMessagingTwin();
  const prober = createProber({ connection, clock, ...(only !== undefined && { only }) });
  const asked: Message[] = [];
  const listen = (peelId: string) =>
    connection.subscribe(`fleet.peel.${peelId}.ping`, (message) => asked.push(message));
  const answer = (index: number, payload = encodePingReply(REPLY)) => {
    const subject = asked[index]?.reply;
    assert.ok(subject);
    connection.publish(subject, payload);
  };
  /** Nothing is listened for any more, and no timer left. */
  const assertAtRest = () => {
    assert.deepEqual([prober.inFlight, prober.waiting, clock.pendingTimers, connection.listeners], [0, 0, 0, 0]);
    assert.deepEqual(
      connection.subscribed.filter((subject) => subject.includes("pong")),
      [],
    );
  };
  return { clock, connection, prober, asked, listen, answer, assertAtRest };
}

const kindsOf = (results: readonly ProbeResult[]) => new Set(results.map(({ kind }) => kind));

test("a peel that answers is told with its reply and the time it took", async () => {
  const { clock, prober, asked, listen, answer, assertAtRest } = makeProber();
  listen("web1");
  const result = prober.probe("web1", TIMEOUT);
  await clock.advance(12);
  assert.equal(asked[0]?.payload.length, 0);
  assert.match(asked[0]?.reply ?? "", /^fleet\.peel\.web1\.pong\.1\.1$/);
  answer(0);
  assert.deepEqual(await result, { kind: "answered", reply: REPLY, roundTripMs: 12 });
  assertAtRest();
});

test("a peel that nobody listens for, and one that does not answer, are told apart", async () => {
  const { clock, prober, listen, assertAtRest } = makeProber();
  listen("stopped");
  const [gone, stopped] = [prober.probe("gone", TIMEOUT), prober.probe("stopped", TIMEOUT)];
  assert.deepEqual(await gone, { kind: "no-responders" });
  await clock.advance(749);
  assert.equal(prober.inFlight, 1);
  await clock.advance(1);
  assert.deepEqual(await stopped, { kind: "timeout" });
  assertAtRest();
});

test("a reply that comes too late is dropped, and is not taken for that of the next probe", async () => {
  const { clock, prober, listen, answer, assertAtRest } = makeProber();
  listen("web1");
  const first = prober.probe("web1", TIMEOUT);
  await clock.advance(750);
  assert.deepEqual(await first, { kind: "timeout" });
  const second = prober.probe("web1", TIMEOUT);
  await clock.advance(0);
  answer(0);
  await clock.advance(10);
  assert.equal(prober.inFlight, 1);
  answer(1);
  assert.deepEqual(await second, { kind: "answered", reply: REPLY, roundTripMs: 10 });
  assertAtRest();
});

test("a reply that cannot be read is neither an answer nor an absence", async () => {
  const { clock, prober, listen, answer, assertAtRest } = makeProber();
  listen("web1");
  const result = prober.probe("web1", TIMEOUT);
  await clock.advance(0);
  answer(0, new Uint8Array());
  assert.deepEqual(await result, { kind: "unknown", reason: "the reply cannot be read: empty" });
  assertAtRest();
});

test("failures of the asking say nothing of the peel: no connection, a lost one, no grant to ask or to hear the answer", async () => {
  const { clock, connection, prober, listen, assertAtRest } = makeProber();
  listen("web1");
  connection.become("disconnected");
  assert.equal((await prober.probe("web1", TIMEOUT)).kind, "unknown");
  assertAtRest();
  connection.become("connected");
  const lost = prober.probe("web1", TIMEOUT);
  connection.become("disconnected");
  assert.deepEqual(await lost, { kind: "unknown", reason: "the connection was lost" });
  assertAtRest();
  connection.become("connected");
  connection.refused.add("fleet.peel.web1.ping");
  listen("web2");
  const [denied, other] = [prober.probe("web1", TIMEOUT), prober.probe("web2", TIMEOUT)];
  assert.deepEqual(await denied, { kind: "unknown", reason: "the credentials do not allow fleet.peel.web1.ping" });
  await clock.advance(750);
  assert.deepEqual(await other, { kind: "timeout" });
  assertAtRest();
  connection.refused.clear();
  connection.refused.add("fleet.peel.*.pong.>");
  const unheard = prober.probe("web1", TIMEOUT);
  await clock.advance(750);
  assert.deepEqual(await unheard, {
    kind: "unknown",
    reason: "the credentials do not allow to hear answers on fleet.peel.*.pong.4.*",
  });
  assertAtRest();
});

test("no more than the limit are in flight, and the others follow in the order in which they came", async () => {
  const { clock, connection, prober, listen, asked, answer, assertAtRest } = makeProber();
  const total = MAX_PROBES_IN_FLIGHT + 500;
  const done: string[] = [];
  const probes = Array.from({ length: total }, async (_, index) => {
    listen(`p${index}`);
    const { kind } = await prober.probe(`p${index}`, TIMEOUT);
    done.push(`p${index} ${kind}`);
  });
  await clock.advance(0);
  assert.deepEqual([asked.length, prober.inFlight, prober.waiting], [MAX_PROBES_IN_FLIGHT, MAX_PROBES_IN_FLIGHT, 500]);
  answer(7);
  answer(3);
  await clock.advance(0);
  assert.deepEqual(done, ["p7 answered", "p3 answered"]);
  assert.deepEqual(
    asked.slice(MAX_PROBES_IN_FLIGHT).map(({ subject }) => subject),
    ["fleet.peel.p1000.ping", "fleet.peel.p1001.ping"],
  );
  assert.deepEqual([prober.inFlight, prober.waiting], [MAX_PROBES_IN_FLIGHT, 498]);
  const mailboxes = connection.subscribed.filter((subject) => subject.includes("pong"));
  assert.deepEqual(mailboxes, ["fleet.peel.*.pong.1.*"], "one for all of them");
  // Their time starts when they are sent, not when they come.
  await clock.advance(1_500);
  await Promise.all(probes);
  assert.equal(done.filter((line) => line.endsWith("timeout")).length, total - 2);
  assertAtRest();
});

test("a connection that is lost ends all of them at once, those in line too", async () => {
  const { clock, connection, prober, listen, assertAtRest } = makeProber();
  const ids = Array.from({ length: 20 * MAX_PROBES_IN_FLIGHT }, (_, index) => `p${index}`);
  for (const id of ids.slice(0, MAX_PROBES_IN_FLIGHT)) listen(id);
  const probes = ids.map((id) => prober.probe(id, TIMEOUT));
  await clock.advance(0);
  connection.become("disconnected");
  assert.deepEqual(kindsOf(await Promise.all(probes)), new Set(["unknown"]));
  assertAtRest();
});

test("a signal gives up what is in flight and what is in line, and nothing stays with it", async () => {
  const { clock, prober, listen, answer, assertAtRest } = makeProber();
  const controller = new AbortController();
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  const { signal } = controller;
  const probes = Array.from({ length: MAX_PROBES_IN_FLIGHT + 20 }, (_, index) => {
    listen(`p${index}`);
    return prober.probe(`p${index}`, { ...TIMEOUT, signal });
  });
  await clock.advance(0);
  answer(0);
  assert.equal((await probes[0])?.kind, "answered");
  controller.abort();
  assertAtRest();
  assert.deepEqual(kindsOf(await Promise.all(probes.slice(1))), new Set(["unknown"]));
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});

test("a signal that outlives its probes is left without a listener", async () => {
  const { clock, prober, listen, answer } = makeProber();
  const { signal } = new AbortController();
  listen("web1");
  const probes = ["web1", "gone", "gone"].map((id) => prober.probe(id, { ...TIMEOUT, signal }));
  assert.equal(getEventListeners(signal, "abort").length, 1);
  await clock.advance(0);
  answer(0);
  assert.deepEqual(kindsOf(await Promise.all(probes)), new Set(["answered", "no-responders"]));
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});

test("a probe with a signal that has aborted already asks nobody", async () => {
  const { connection, prober } = makeProber();
  const result = await prober.probe("web1", { ...TIMEOUT, signal: AbortSignal.abort() });
  assert.deepEqual([result.kind, connection.published], ["unknown", []]);
});

test("a prober of one peel needs no grant but for that peel's subjects", async () => {
  const { clock, connection, prober, listen } = makeProber("web1");
  listen("web1");
  void prober.probe("web1", TIMEOUT);
  await clock.advance(0);
  assert.deepEqual(connection.subscribed, ["fleet.peel.web1.ping", "fleet.peel.web1.pong.1.*"]);
  await clock.advance(750);
});
