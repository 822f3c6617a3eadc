import assert from "node:assert/strict";
import { test } from "node:test";
import { readNotifyEnvironment } from "./notify-environment.ts";

const SOCKET = { NOTIFY_SOCKET: "/run/systemd/notify" };

test("nobody is notified where systemd does not listen", () => {
  assert.equal(readNotifyEnvironment({}, 7), undefined);
  assert.equal(readNotifyEnvironment({ NOTIFY_SOCKET: "", WATCHDOG_USEC: "1000000" }, 7), undefined);
});

test("the watchdog's time is that of the unit, in microseconds", () => {
  const watchdogOf = (environment: Record<string, string>) =>
    readNotifyEnvironment({ ...SOCKET, ...environment }, 7)?.watchdogMs;
  assert.equal(watchdogOf({}), undefined);
  assert.equal(watchdogOf({ WATCHDOG_USEC: "30000000" }), 30_000);
  assert.equal(watchdogOf({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }), 30_000);
  for (const text of ["0", "", "soon", "-1"]) assert.equal(watchdogOf({ WATCHDOG_USEC: text }), undefined, text);
});

test("a watchdog that is meant for another process is not fed", () => {
  const environment = { ...SOCKET, WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" };
  assert.deepEqual(readNotifyEnvironment(environment, 7), { socket: "/run/systemd/notify", watchdogMs: undefined });
});
