import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import { createReadiness } from "./readiness.ts";
import { createTransportCheck, type TransportState } from "./transport-check.ts";

const refused = new Error("nats://127.0.0.1:4222: connect ECONNREFUSED");

test("the check nats is ok while connected, and down with the reason otherwise", async () => {
  const table: [TransportState, string, string | undefined][] = [
    [{ state: "connected", lastError: undefined }, "ok", undefined],
    [{ state: "connecting", lastError: undefined }, "down", "not connected yet"],
    [{ state: "connecting", lastError: refused }, "down", `not connected yet: ${refused.message}`],
    [{ state: "disconnected", lastError: undefined }, "down", "disconnected"],
    [{ state: "disconnected", lastError: refused }, "down", `disconnected: ${refused.message}`],
    [{ state: "closed", lastError: undefined }, "down", "disconnected"],
  ];
  for (const [source, status, message] of table) {
    const check = createTransportCheck(source);
    const report = await check.run(new AbortController().signal);
    assert.equal(check.name, "nats");
    assert.deepEqual(report, { status, ...(message && { message }) }, source.state);
  }
});

test("an error from before the connection came up does not make it down", async () => {
  const check = createTransportCheck({ state: "connected", lastError: refused });
  assert.deepEqual(await check.run(new AbortController().signal), { status: "ok" });
});

test("each report tells the state of its moment", async () => {
  const source: { state: TransportState["state"]; lastError: Error | undefined } = {
    state: "connecting",
    lastError: undefined,
  };
  const readiness = createReadiness({
    component: "peel",
    version: "1.2.3",
    clock: createFakeClock(),
    checks: [createTransportCheck(source)],
  });
  const statuses: string[] = [];
  for (const state of ["connecting", "connected", "disconnected", "connected"] as const) {
    source.state = state;
    statuses.push((await readiness.report()).status);
  }
  assert.deepEqual(statuses, ["down", "ok", "down", "ok"]);
});
