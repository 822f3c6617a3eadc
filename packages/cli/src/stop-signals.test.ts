import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { abortOnSignals } from "./stop-signals.ts";

/** SIGUSR2 stands in for the signals that would end the test runner. */
function listen(context: { after(clean: () => void): void }) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const told: string[] = [];
  const restore = abortOnSignals(stop, ["SIGUSR2", "SIGURG"], {
    first: (name) => told.push(`first ${name}`),
    second: (name) => told.push(`second ${name}`),
    exit: (code) => told.push(`exit ${code}`),
    clock,
  });
  context.after(restore);
  const signal = () => process.emit("SIGUSR2", "SIGUSR2");
  return { clock, stop, told, restore, signal };
}

test("the first signal stops things, the second ends the process as that signal would", async (context) => {
  const { clock, stop, told, signal } = listen(context);
  assert.equal(stop.signal.aborted, false);
  signal();
  assert.equal(stop.signal.aborted, true);
  assert.deepEqual(told, ["first SIGUSR2"]);
  await clock.advance(1_000);
  signal();
  assert.deepEqual(told, ["first SIGUSR2", "second SIGUSR2", "exit 140"]);
});

test("one Ctrl-C that arrives twice, from the terminal and through npm, is one signal", async (context) => {
  const { clock, told, signal } = listen(context);
  signal();
  signal();
  await clock.advance(200);
  signal();
  assert.deepEqual(told, ["first SIGUSR2"]);
});

test("another signal is another one however soon it comes", (context) => {
  const { told, signal } = listen(context);
  signal();
  process.emit("SIGURG", "SIGURG");
  assert.deepEqual(told, ["first SIGUSR2", "second SIGURG", "exit 151"]);
});

test("afterwards the signals are nobody's again", (context) => {
  const { stop, restore, signal } = listen(context);
  restore();
  assert.equal(process.listenerCount("SIGUSR2"), 0);
  signal();
  assert.equal(stop.signal.aborted, false);
});
