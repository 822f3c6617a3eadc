import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { createLiveness } from "./liveness.ts";
import type { TransportState } from "./transport-check.ts";

type State = TransportState["state"];

/** A connection whose state the test sets. */
function createConnection(state: State = "connecting") {
  const listeners = new Set<(state: State) => void>();
  return {
    state,
    listeners,
    become(next: State) {
      this.state = next;
      for (const listener of listeners) listener(next);
    },
    onState(listener: (state: State) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function scene(state?: State) {
  const clock = createFakeClock();
  const connection = createConnection(state);
  const liveness = createLiveness({ connection, natsGraceMs: 600_000, clock });
  return { clock, connection, liveness, unfollow: liveness.follow() };
}

test("a process that never finds its broker is to be restarted after the grace, and not before", async () => {
  const { clock, liveness } = scene();
  await clock.advance(600_000);
  assert.equal(liveness.problem(), undefined);
  await clock.advance(1_000);
  assert.equal(liveness.problem(), "no connection to NATS for 10m1s, longer than the grace of 10m0s");
});

test("the grace counts from the loss of the connection, whatever is tried meanwhile, and anew after each", async () => {
  const { clock, connection, liveness } = scene();
  await clock.advance(500_000);
  connection.become("connected");
  await clock.advance(3_600_000);
  assert.equal(liveness.problem(), undefined);
  connection.become("disconnected");
  await clock.advance(300_000);
  connection.become("connecting");
  await clock.advance(300_000);
  assert.equal(liveness.problem(), undefined);
  await clock.advance(1);
  assert.match(liveness.problem() ?? "", /for 10m0s/);
  connection.become("connected");
  assert.equal(liveness.problem(), undefined);
  connection.become("disconnected");
  await clock.advance(600_000);
  assert.equal(liveness.problem(), undefined);
});

test("a connection that is up already when it is first looked at counts", async () => {
  const { clock, liveness, connection, unfollow } = scene("connected");
  await clock.advance(3_600_000);
  assert.equal(liveness.problem(), undefined);
  unfollow();
  assert.equal(connection.listeners.size, 0);
});
