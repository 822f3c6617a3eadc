import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecordingLogger } from "./recording-logger.ts";

test("the recording logger keeps the lines of itself and of the loggers made from it, in order", () => {
  const logger = createRecordingLogger();
  const bus = logger.with({ component: "bus" });
  logger.info("starting");
  bus.warn("reconnecting", { attempt: 2 });
  bus.with({ component: "bucket" }).error("lost");
  logger.debug("done");
  assert.deepEqual(logger.lines, [
    { level: "info", message: "starting", fields: {} },
    { level: "warn", message: "reconnecting", fields: { component: "bus", attempt: 2 } },
    { level: "error", message: "lost", fields: { component: "bucket" } },
    { level: "debug", message: "done", fields: {} },
  ]);
});
