import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "@fleet/bus";
import { createDeferred, type Pulse } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { superviseService } from "./supervision.ts";

type State = Connection["state"];

/** A supervised service whose every part the test moves, and what systemd was told. */
function supervise(watchdogMs?: number) {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const ready = createDeferred();
  const [stop, ended] = [new AbortController(), new AbortController()];
  const listeners = new Set<(state: State) => void>();
  const told: string[] = [];
  const pulse = { name: "heartbeat", turnedMono: 0 as number | undefined, maxPauseMs: 15_000 };
  const connection = {
    state: "connecting" as State,
    onState(listener: (state: State) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const service = { name: "peel", ready: ready.promise, connection, pulses: [pulse as Pulse], run: async () => {} };
  superviseService(
    {
      service,
      stopping: stop.signal,
      notify: (...assignments) => told.push(assignments.join(" ")),
      watchdogMs,
      clock,
      logger,
    },
    ended.signal,
  );
  const become = (state: State) => {
    connection.state = state;
    for (const listener of listeners) listener(state);
  };
  const takeTold = () => told.splice(0);
  return { clock, logger, ready, stop, ended, listeners, pulse, become, takeTold };
}

test("systemd hears that the service is ready without a broker, and of its connection from then on", async () => {
  const { clock, ready, become, takeTold } = supervise();
  become("disconnected");
  await clock.advance(60_000);
  assert.deepEqual(takeTold(), []);
  ready.resolve();
  await clock.advance(0);
  assert.deepEqual(takeTold(), ["READY=1 STATUS=running; disconnected from NATS"]);
  become("connected");
  assert.deepEqual(takeTold(), ["STATUS=running; connected to NATS"]);
});

test("systemd hears of the stop once, and nothing of the connection that closes then", async () => {
  const { clock, ready, stop, become, takeTold } = supervise();
  stop.abort();
  ready.resolve();
  become("closed");
  await clock.advance(0);
  assert.deepEqual(takeTold(), ["STOPPING=1 STATUS=stopping"]);
});

test("the watchdog is fed twice in its time, from the start until the end", async () => {
  const { clock, ended, listeners, pulse, takeTold } = supervise(10_000);
  assert.deepEqual(takeTold(), ["WATCHDOG=1"]);
  await clock.advance(4_999);
  assert.deepEqual(takeTold(), []);
  pulse.turnedMono = 4_999;
  await clock.advance(5_001);
  assert.deepEqual(takeTold(), ["WATCHDOG=1", "WATCHDOG=1"]);
  ended.abort();
  assert.deepEqual([clock.pendingTimers, listeners.size], [0, 0]);
});

test("the watchdog is not fed while a loop is stuck, which is logged once a minute", async () => {
  const { clock, logger, pulse, takeTold } = supervise(10_000);
  await clock.advance(15_000);
  assert.equal(takeTold().length, 4);
  await clock.advance(60_000);
  assert.deepEqual(takeTold(), []);
  assert.deepEqual(
    logger.lines.map(({ level, fields }) => [level, fields]),
    [["error", { loops: ["heartbeat"] }]],
  );
  await clock.advance(5_000);
  assert.deepEqual(logger.lines.at(-1)?.fields, { loops: ["heartbeat"], held_back: 11 });
  pulse.turnedMono = clock.monoMs();
  await clock.advance(5_000);
  assert.deepEqual(takeTold(), ["WATCHDOG=1"]);
});

test("a loop that was told to stop does not starve the watchdog", async () => {
  const { clock, stop, takeTold } = supervise(10_000);
  stop.abort();
  takeTold();
  await clock.advance(30_000);
  assert.equal(takeTold().length, 6);
});

test("without a watchdog no timer runs", () => {
  assert.equal(supervise().clock.pendingTimers, 0);
});
