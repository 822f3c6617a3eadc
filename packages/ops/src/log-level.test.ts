import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLevel } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { createLogLevelControl, parseLogLevelChange } from "./log-level.ts";

function scene(level: LogLevel = "info") {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const port = { level };
  const controller = new AbortController();
  const control = createLogLevelControl({ port, clock, logger, signal: controller.signal });
  return { clock, logger, port, control, stop: () => controller.abort() };
}

test("a level set for good stays, and the change is logged", async () => {
  const { clock, logger, port, control } = scene();
  control.set("debug");
  await clock.advance(86_400_000);
  assert.equal(port.level, "debug");
  assert.deepEqual(control.report(), { level: "debug", levels: ["debug", "info", "warn", "error"] });
  assert.deepEqual(logger.lines, [
    { level: "info", message: "log level changed", fields: { from: "info", to: "debug" } },
  ]);
});

test("a level set for a time goes back by itself to the last one set for good", async () => {
  const { clock, port, control } = scene();
  control.set("warn");
  control.set("debug", 600_000);
  const at = new Date(clock.wallMs() + 600_000).toISOString();
  assert.deepEqual(control.report().reverts, { to: "warn", at });
  await clock.advance(599_999);
  assert.equal(port.level, "debug");
  await clock.advance(1);
  assert.equal(port.level, "warn");
  assert.equal(control.report().reverts, undefined);
});

test("a later change takes the place of one that would have gone back", async () => {
  const { clock, port, control } = scene();
  control.set("debug", 1_000);
  control.set("error", 10_000);
  await clock.advance(1_000);
  assert.equal(port.level, "error");
  await clock.advance(9_000);
  assert.equal(port.level, "info");
  control.set("debug", 1_000);
  control.set("warn");
  await clock.advance(1_000);
  assert.equal(port.level, "warn");
});

test("a change is told while the log writes more, so that it is seen whichever way it goes", () => {
  const port: { level: LogLevel } = { level: "info" };
  const toldAt: LogLevel[] = [];
  const logger = { ...createRecordingLogger(), info: () => toldAt.push(port.level) };
  const { signal } = new AbortController();
  const control = createLogLevelControl({ port, clock: createFakeClock(), logger, signal });
  for (const level of ["error", "debug", "warn"] as const) control.set(level);
  assert.deepEqual(toldAt, ["info", "debug", "debug"]);
});

test("nothing is left waiting when the server stops", async () => {
  const { clock, control, stop } = scene();
  control.set("debug", 1_000);
  stop();
  await clock.advance(0);
  assert.equal(clock.pendingTimers, 0);
  control.set("debug", 1_000);
  assert.equal(clock.pendingTimers, 0);
});

test("a change is read strictly, and what is wrong names what would be right", () => {
  const right: [string, LogLevel, number | undefined][] = [
    ['{"level":"debug"}', "debug", undefined],
    ['{"level":"error","for":"1h30m"}', "error", 5_400_000],
  ];
  for (const [text, level, forMs] of right) assert.deepEqual(parseLogLevelChange(text), { level, forMs });
  const wrong: [string, RegExp][] = [
    ["level=debug", /not JSON; send for example/],
    ["[]", /not an object/],
    ["null", /not an object/],
    ["{}", /nothing is no level; use debug, info, warn, error/],
    ['{"level":"DEBUG"}', /"DEBUG" is no level/],
    ['{"level":"debug","for":"soon"}', /"soon" is no time up to 24h/],
    ['{"level":"debug","for":10}', /10 is no time/],
    ['{"level":"debug","for":"0"}', /"0" is no time/],
    ['{"level":"debug","for":"25h"}', /"25h" is no time/],
    ['{"level":"debug","logger":"x"}', /there is no "logger"/],
  ];
  for (const [text, problem] of wrong) {
    const change = parseLogLevelChange(text);
    assert.match(change.problem ?? "", problem, text);
  }
});
