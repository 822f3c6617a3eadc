import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReadinessReport } from "@fleet/ops";
import { createMessagingTwin } from "@fleet/presence/testing";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { decodePingReply, encodePingReply, type PingReply } from "@fleet/wire";
import { createPingResponder } from "./ping-responder.ts";

const SUBJECT = "fleet.peel.web1.ping";
const OTHER = "fleet.peel.web1.pong.other.1";

/** A running responder, not yet connected. */
function makeResponder(report: () => Promise<unknown> = async () => ({ status: "ok" })) {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const connection = createMessagingTwin("connecting");
  const answers: PingReply[] = [];
  connection.subscribe(OTHER, ({ payload }) => {
    const decoded = decodePingReply(payload);
    assert.ok(decoded.ok);
    answers.push(decoded.value);
  });
  const responder = createPingResponder({
    peelId: "web1",
    session: "s1",
    version: "1.0.0",
    connection,
    readiness: { report: report as () => Promise<ReadinessReport> },
    clock,
    random: () => 0.5,
    logger,
  });
  const controller = new AbortController();
  const run = responder.run(controller.signal);
  const ping = (reply = OTHER) => connection.publish(SUBJECT, new Uint8Array(), { reply });
  const pings = () => connection.published.filter((subject) => subject === SUBJECT).length;
  const stop = async () => {
    controller.abort();
    await run;
    assert.deepEqual([clock.pendingTimers, connection.listeners], [0, 0], "left behind");
    assert.deepEqual(connection.subscribed, [OTHER]);
    assert.equal(responder.pingable, false);
  };
  const warnings = () => logger.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);
  return { clock, responder, connection, answers, ping, pings, stop, warnings };
}

test("a ping is answered with session, version, uptime, status and time", async () => {
  const { clock, connection, answers, ping, stop } = makeResponder(async () => ({ status: "degraded" }));
  connection.become("connected");
  await clock.advance(5_000);
  ping();
  await clock.advance(0);
  const reply = { session: "s1", version: "1.0.0", uptimeMs: 5_000, status: "degraded", sentAt: clock.wallMs() };
  assert.deepEqual(answers, [reply]);
  await stop();
});

test("an answer does not wait for checks that hang, nor fail with one that breaks", async () => {
  for (const report of [() => new Promise<never>(() => {}), () => Promise.reject(new Error("broken"))]) {
    const { clock, connection, answers, ping, stop } = makeResponder(report);
    connection.become("connected");
    ping();
    await clock.advance(250);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ["unknown"],
    );
    await stop();
  }
});

test("an asker cannot make it write to other subjects, its own keys among them", async () => {
  const { clock, connection, ping, stop } = makeResponder();
  connection.become("connected");
  await clock.advance(0);
  const before = connection.published.length;
  const subjects = ["$KV.peel-heartbeat.web1", "fleet.peel.web2.pong.a.1", "_INBOX.a", SUBJECT, ""];
  for (const reply of subjects) ping(reply);
  connection.publish(SUBJECT, new Uint8Array());
  await clock.advance(1_000);
  assert.deepEqual(connection.published.slice(before), Array(subjects.length + 1).fill(SUBJECT));
  await stop();
});

test("a peel is pingable once it has answered itself, anew on each connection, and is then at rest", async () => {
  const { clock, responder, connection, pings, warnings, stop } = makeResponder();
  await clock.advance(120_000);
  assert.deepEqual([responder.pingable, pings()], [false, 0]);
  connection.become("connected");
  assert.equal(responder.pingable, false);
  await clock.advance(0);
  assert.deepEqual([responder.pingable, pings()], [true, 1]);
  connection.become("disconnected");
  assert.equal(responder.pingable, false);
  connection.become("connected");
  assert.equal(responder.pingable, false);
  await clock.advance(0);
  assert.deepEqual([responder.pingable, pings()], [true, 2]);
  await clock.advance(3_600_000);
  assert.deepEqual([pings(), warnings()], [2, []]);
  await stop();
});

test("without the grants that is told once, tried again with growing rests, and found when they come", async () => {
  for (const missing of [SUBJECT, "fleet.peel.web1.pong.>"]) {
    const { clock, responder, connection, pings, warnings, stop } = makeResponder();
    connection.refused.add(missing);
    connection.become("connected");
    await clock.advance(3_600_000);
    assert.equal(responder.pingable, false);
    assert.deepEqual(
      warnings().map(({ subjects }) => subjects),
      [[SUBJECT, "fleet.peel.web1.pong.>"]],
    );
    assert.ok(pings() < 30, String(pings()));
    connection.become("disconnected");
    connection.become("connected");
    await clock.advance(3_600_000);
    assert.equal(warnings().length, 1);
    connection.refused.clear();
    await clock.advance(600_000);
    assert.equal(responder.pingable, true);
    await stop();
  }
});

test("one failure, such as of a broker that is just starting, is no reason to warn", async () => {
  const { clock, responder, connection, warnings, stop } = makeResponder();
  connection.refused.add(SUBJECT);
  connection.become("connected");
  await clock.advance(0);
  connection.refused.clear();
  await clock.advance(3_000);
  assert.deepEqual([responder.pingable, warnings()], [true, []]);
  await stop();
});

test("an answer of another process under the same id proves nothing", async () => {
  const { clock, responder, connection, stop } = makeResponder(() => new Promise<never>(() => {}));
  const other = connection.subscribe(SUBJECT, ({ reply = "" }) => {
    connection.publish(reply, encodePingReply({ session: "s2", version: "", uptimeMs: 1, status: "ok", sentAt: 1 }));
  });
  connection.become("connected");
  await clock.advance(200);
  assert.equal(responder.pingable, false);
  other.close();
  await clock.advance(2_000);
  assert.equal(responder.pingable, true);
  await stop();
});

test("a subscription that is taken away ends it, and it is proven again when it is back", async () => {
  const { clock, responder, connection, stop } = makeResponder();
  connection.become("connected");
  await clock.advance(0);
  connection.refused.add(SUBJECT);
  assert.equal(responder.pingable, false);
  await clock.advance(601_000);
  connection.refused.clear();
  assert.equal(responder.pingable, false);
  await clock.advance(600_000);
  assert.equal(responder.pingable, true);
  await stop();
});
