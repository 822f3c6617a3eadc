import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { transitionOf } from "./testing/transitions.ts";
import { createTransitionLog } from "./transition-log.ts";

function startLog() {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const log = createTransitionLog({ clock, logger });
  const lines = () => logger.lines.map(({ level, message, fields }) => `${level} ${message} ${JSON.stringify(fields)}`);
  return { clock, log, lines };
}

describe("the log of transitions", () => {
  it("has a line for each as it comes, and a warning for a conflict", () => {
    const { log, lines } = startLog();
    log.take(transitionOf("web1"));
    log.take(transitionOf("web2", { state: "conflict", reason: "conflict", rival: "web2-b" }));
    assert.deepEqual(lines(), [
      'info peel joined {"peel_id":"web1","session":"web1-a"}',
      'warn peel conflict {"peel_id":"web2","session":"web2-a","rival":"web2-b"}',
    ]);
  });

  it("has ten lines a second of one reason, and one for the rest of them", async () => {
    const { clock, log, lines } = startLog();
    for (let index = 0; index < 25; index += 1) log.take(transitionOf(`web${index}`));
    log.take(transitionOf("db1", { state: "offline", reason: "left" }));
    assert.equal(lines().length, 11);
    await clock.advance(1_000);
    assert.equal(
      lines().at(-1),
      'info more peels changed at the same time {"reason":"joined","count":15,"some":["web10","web11","web12","web13","web14"]}',
    );
    log.take(transitionOf("web99"));
    assert.equal(lines().length, 13);
  });

  it("has one line for very many losses, whatever their reasons", async () => {
    const { clock, log, lines } = startLog();
    for (let index = 0; index < 500; index += 1) {
      const reason = index % 2 === 0 ? "crashed" : "expired";
      log.take(transitionOf(`web${index}`, { state: "offline", reason, mass: true }));
    }
    await clock.advance(1_000);
    assert.deepEqual(lines(), [
      'warn very many peels lost at once {"count":500,"some":["web0","web1","web2","web3","web4"]}',
    ]);
  });

  it("writes what it still has when it is told to, and leaves no timer behind", () => {
    const { clock, log, lines } = startLog();
    for (let index = 0; index < 11; index += 1) log.take(transitionOf(`web${index}`));
    log.flush();
    assert.deepEqual([lines().length, clock.pendingTimers], [11, 0]);
    log.flush();
    assert.equal(lines().length, 11);
  });
});
