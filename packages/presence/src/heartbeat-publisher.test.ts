import assert from "node:assert/strict";
import { test } from "node:test";
import { busErrors } from "@fleet/bus";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createDeferred, sleep } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger, type FakeClock } from "@fleet/runtime/testing";
import { decodeHeartbeat, type Heartbeat } from "@fleet/wire";
import { beatPhaseMs } from "./beat-schedule.ts";
import { type BeatOutcome, createHeartbeatPublisher, type HeartbeatPublisherParts } from "./heartbeat-publisher.ts";
import { createConnectionTwin } from "./testing/connection-twin.ts";

const PEEL = "web1";
const INTERVAL_MS = 10_000;
const PHASE_MS = beatPhaseMs(PEEL, INTERVAL_MS);

interface Sent {
  readonly atMono: number;
  readonly beat: Heartbeat;
  readonly timeoutMs: number | undefined;
}

/** Stands between the heartbeat and the bucket: sends the beat, counted from 1, or does not. */
type Put = (send: () => Promise<number>, beat: number, clock: FakeClock) => Promise<number>;

interface Changes extends Partial<HeartbeatPublisherParts> {
  readonly put?: Put;
  readonly connected?: boolean;
}

/** A running heartbeat of 10 s and its beats as they were sent. */
function runHeartbeat(changes: Changes = {}) {
  const { put = (send) => send(), connected = true, ...parts } = changes;
  const clock = createFakeClock();
  const connection = createConnectionTwin(connected ? "connected" : "connecting");
  const bucket = createMemoryBucket({ name: "peel-heartbeat", clock });
  const logger = createRecordingLogger();
  const sent: Sent[] = [];
  const outcomes: BeatOutcome[] = [];
  const heartbeat = createHeartbeatPublisher({
    peelId: PEEL,
    session: "session-1",
    version: "1.2.3",
    intervalMs: INTERVAL_MS,
    bucket: {
      ...bucket,
      put(key, value, options = {}) {
        const decoded = decodeHeartbeat(value);
        assert.ok(decoded.ok && key === PEEL);
        sent.push({ atMono: clock.monoMs(), beat: decoded.value, timeoutMs: options.timeoutMs });
        return put(() => bucket.put(key, value, options), sent.length, clock);
      },
    },
    connection,
    clock,
    random: () => 0.5,
    logger,
    onBeat: (outcome) => outcomes.push(outcome),
    ...parts,
  });
  const controller = new AbortController();
  const run = heartbeat.run(controller.signal);
  const stop = async () => {
    controller.abort();
    await run;
    assert.deepEqual([clock.pendingTimers, connection.listeners], [0, 0], "timers and listeners left");
  };
  const timesMono = () => sent.map(({ atMono }) => atMono);
  return { clock, connection, bucket, logger, sent, outcomes, heartbeat, stop, timesMono };
}

const refuse = (): Promise<never> => Promise.reject(busErrors.create("UNAVAILABLE", "nobody answers"));

test("the first beat goes out at once, those after it once an interval at the peel's own phase", async () => {
  const { clock, timesMono, stop } = runHeartbeat();
  await clock.advance(30_000);
  assert.deepEqual(timesMono(), [0, PHASE_MS, PHASE_MS + INTERVAL_MS, PHASE_MS + 2 * INTERVAL_MS]);
  await stop();
});

test("nothing is sent before the connection is there, and a beat as soon as it is", async () => {
  const { clock, connection, timesMono, outcomes, stop } = runHeartbeat({ connected: false });
  await clock.advance(47_321);
  assert.deepEqual([timesMono(), outcomes], [[], []]);
  connection.become("connected");
  await clock.advance(0);
  assert.deepEqual(timesMono(), [47_321]);
  await stop();
});

test("a beat tells who sends it, when, what and how often, and counts itself", async () => {
  const { clock, sent, stop } = runHeartbeat();
  const startedAt = clock.wallMs();
  await clock.advance(INTERVAL_MS);
  const told = { version: "1.2.3", protocol: 1, session: "session-1", intervalMs: INTERVAL_MS };
  assert.deepEqual(
    sent.map(({ beat }) => beat),
    [
      { ...told, sentAt: startedAt, seq: 1 },
      { ...told, sentAt: Math.floor(startedAt + PHASE_MS), seq: 2 },
    ],
  );
  await stop();
});

test("a beat says that its peel may be probed while that is so, and says nothing of it otherwise", async () => {
  let pingable = false;
  const { clock, sent, stop } = runHeartbeat({ pingable: () => pingable });
  await clock.advance(0);
  pingable = true;
  await clock.advance(INTERVAL_MS);
  pingable = false;
  await clock.advance(INTERVAL_MS);
  assert.deepEqual(
    sent.map(({ beat }) => beat.ping),
    [undefined, true, undefined],
  );
  await stop();
});

test("a beat is given a quarter of the interval, and never more than 5 s", async () => {
  for (const [intervalMs, timeoutMs] of [
    [500, 125],
    [10_000, 2_500],
    [3_600_000, 5_000],
  ] as const) {
    const { clock, sent, stop } = runHeartbeat({ intervalMs });
    await clock.advance(0);
    assert.equal(sent[0]?.timeoutMs, timeoutMs);
    await stop();
  }
});

test("a failed beat is tried again inside the interval, ever more slowly, and the regular one still comes", async () => {
  let failing = true;
  const { clock, timesMono, sent, outcomes, stop } = runHeartbeat({ put: (send) => (failing ? refuse() : send()) });
  await clock.advance(PHASE_MS - 1);
  // Half of 500, 1,000, 2,000 ms and so on: the random source always says a half.
  assert.deepEqual(timesMono(), [0, 250, 750, 1_750, 3_750]);
  await clock.advance(1);
  assert.equal(timesMono().at(-1), PHASE_MS);
  failing = false;
  await clock.advance(20_000);
  assert.deepEqual(timesMono().slice(6), [PHASE_MS + 2_500, PHASE_MS + INTERVAL_MS, PHASE_MS + 2 * INTERVAL_MS]);
  assert.deepEqual(
    outcomes.map(({ result }) => result),
    [...new Array(6).fill("failed"), "ok", "ok", "ok"],
  );
  assert.deepEqual([sent[5]?.beat.seq, sent[6]?.beat.seq, sent[8]?.beat.seq], [1, 1, 3]);
  await stop();
});

test("a retry is never due later than half an interval after the failure", async () => {
  const { clock, timesMono, stop } = runHeartbeat({ put: refuse, random: () => 0.999 });
  await clock.advance(120_000);
  const gaps = timesMono().map((atMono, index) => atMono - (timesMono()[index - 1] ?? 0));
  assert.ok(Math.max(...gaps) <= INTERVAL_MS / 2, String(Math.max(...gaps)));
  await stop();
});

test("after a good beat, and after a reconnect, the retries begin quickly again", async () => {
  let failing = true;
  const { clock, connection, timesMono, stop } = runHeartbeat({ put: (send) => (failing ? refuse() : send()) });
  const retriesFrom = async (fromMono: number) => {
    await clock.advance(fromMono + 800 - clock.monoMs());
    return timesMono()
      .filter((atMono) => atMono >= fromMono)
      .map((atMono) => atMono - fromMono);
  };
  await clock.advance(3_800);
  failing = false;
  await clock.advance(2 * INTERVAL_MS);
  failing = true;
  assert.deepEqual(await retriesFrom(PHASE_MS + 2 * INTERVAL_MS), [0, 250, 750]);
  await clock.advance(3_000);
  connection.become("disconnected");
  connection.become("connected");
  assert.deepEqual(await retriesFrom(clock.monoMs()), [0, 250, 750]);
  await stop();
});

test("the outcome of each beat is told with the time it took", async () => {
  const { clock, outcomes, stop } = runHeartbeat({
    async put(send, beat, { setTimer }) {
      await new Promise<void>((resolve) => setTimer(beat * 40, resolve));
      return beat === 1 ? send() : refuse();
    },
  });
  await clock.advance(PHASE_MS + 80);
  assert.deepEqual(outcomes, [
    { result: "ok", durationMs: 40 },
    { result: "failed", durationMs: 80 },
  ]);
  await clock.advance(5_000);
  await stop();
});

test("the time of the last success is that of the acknowledgement, and a failure leaves it", async () => {
  let failing = false;
  const { clock, heartbeat, stop } = runHeartbeat({ put: (send) => (failing ? refuse() : send()) });
  assert.equal(heartbeat.lastSuccessAt, undefined);
  const startedAt = clock.wallMs();
  await clock.advance(0);
  failing = true;
  await clock.advance(60_000);
  assert.equal(heartbeat.lastSuccessAt, startedAt);
  await stop();
});

test("while disconnected nothing is sent, and one beat goes out at once after the reconnect", async () => {
  const { clock, connection, timesMono, stop } = runHeartbeat();
  await clock.advance(1_000);
  connection.become("disconnected");
  await clock.advance(300_000);
  assert.deepEqual(timesMono(), [0]);
  connection.become("connected");
  await clock.advance(0);
  assert.deepEqual(timesMono(), [0, 301_000]);
  await clock.advance(INTERVAL_MS);
  assert.deepEqual(timesMono().slice(2), [PHASE_MS + 30 * INTERVAL_MS]);
  await stop();
});

test("a reconnect while a beat is under way is followed by a beat at once", async () => {
  const lost = createDeferred<number>();
  const { clock, connection, timesMono, stop } = runHeartbeat({
    put: (send, beat) => (beat === 1 ? lost.promise : send()),
  });
  await clock.advance(100);
  connection.become("disconnected");
  connection.become("connected");
  lost.reject(busErrors.create("NOT_CONNECTED", "lost"));
  await clock.advance(0);
  assert.deepEqual(timesMono(), [0, 100]);
  await stop();
});

test("after the machine was suspended a beat goes out within a second, also when one was under way", async () => {
  for (const underWay of [false, true]) {
    const { clock, timesMono, stop } = runHeartbeat({
      async put(send, beat) {
        if (underWay && beat === 2) await sleep(clock, 400);
        return send();
      },
    });
    await clock.advance(PHASE_MS + 100);
    // Monotonic time stands still during the sleep.
    clock.jumpWall(600_000);
    await clock.advance(1_000);
    assert.equal(timesMono().length, 3, `a beat under way: ${underWay}`);
    await clock.advance(INTERVAL_MS - 1_200);
    assert.equal(timesMono().length, 3, "one beat, not one for each look");
    await stop();
  }
});

test("a wall clock that is set back, or slewed, changes nothing", async () => {
  const { clock, timesMono, stop } = runHeartbeat();
  await clock.advance(100);
  clock.jumpWall(-3_600_000);
  for (let turn = 0; turn < 30; turn += 1) {
    await clock.advance(1_000);
    clock.jumpWall(400);
  }
  assert.equal(timesMono().length, 4);
  await stop();
});

test("a process that was stopped past its beat sends one at once, and only one", async () => {
  const inner = createFakeClock();
  let stoppedMs = 0;
  const clock = { ...inner, monoMs: () => inner.monoMs() + stoppedMs, wallMs: () => inner.wallMs() + stoppedMs };
  const { sent, stop } = runHeartbeat({ clock });
  await inner.advance(PHASE_MS + 100);
  assert.equal(sent.length, 2);
  stoppedMs = 3 * INTERVAL_MS;
  await inner.advance(1_000);
  assert.equal(sent.length, 3);
  await inner.advance(INTERVAL_MS - 1_200);
  assert.equal(sent.length, 3);
  await inner.advance(200);
  assert.equal(sent.length, 4);
  await stop();
  assert.equal(inner.pendingTimers, 0);
});

test("failing beats are warned of from the third in a row on, once a minute", async () => {
  let failing = true;
  const { clock, logger, stop } = runHeartbeat({ put: (send) => (failing ? refuse() : send()) });
  const warnings = () => logger.lines.filter(({ level }) => level === "warn");
  await clock.advance(749);
  assert.equal(warnings().length, 0);
  await clock.advance(1);
  assert.deepEqual(
    warnings().map(({ message, fields }) => [message, fields]),
    [["heartbeats are failing; this peel looks offline", { error: "nobody answers", failures: 3 }]],
  );
  await clock.advance(59_000);
  assert.equal(warnings().length, 1);
  await clock.advance(10_000);
  assert.equal(warnings().length, 2);
  const [, second] = warnings();
  assert.equal(second?.fields["held_back"], Number(second?.fields["failures"]) - 4);
  // In the words that operators of other makes look for.
  const failed = logger.lines.filter(({ level, message }) => level === "debug" && message === "peel heartbeat: put");
  assert.ok(failed.length > 10, "each failure is a debug line");
  failing = false;
  await stop();
});

test("the heartbeat turns every second without a broker and while beats fail, and not while a beat never ends", async () => {
  const away = runHeartbeat({ connected: false });
  await away.clock.advance(60_500);
  assert.equal(away.heartbeat.turnedMono, 60_000);
  await away.stop();

  const failing = runHeartbeat({ put: refuse });
  await failing.clock.advance(60_000);
  assert.ok((failing.heartbeat.turnedMono ?? 0) > 58_000);
  await failing.stop();

  const gate = createDeferred();
  const stuck = runHeartbeat({ put: (send, beat) => (beat === 1 ? gate.promise.then(send) : send()) });
  await stuck.clock.advance(60_000);
  assert.equal(stuck.heartbeat.turnedMono, 0);
  assert.ok(stuck.heartbeat.maxPauseMs < 60_000);
  gate.resolve();
  await stuck.clock.advance(1_000);
  await stuck.stop();
});
