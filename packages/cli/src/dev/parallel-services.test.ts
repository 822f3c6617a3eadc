import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { aborted, createDeferred, type Service } from "@fleet/runtime";
import { createParallelServices } from "./parallel-services.ts";

/** Lets every promise that can settle do so. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function createMember(name: string, log: string[]) {
  const mayStop = createDeferred();
  const fails = createDeferred();
  const service: Service = {
    name,
    async run(signal) {
      log.push(`${name} runs`);
      await Promise.race([aborted(signal), fails.promise]);
      log.push(`${name} stops`);
      await mayStop.promise;
    },
  };
  return { service, mayStop, fails };
}

describe("parallel services", () => {
  test("run together, stop together, and have stopped when the last one has", async () => {
    const log: string[] = [];
    const [one, two] = [createMember("one", log), createMember("two", log)];
    const stop = new AbortController();
    let ended = false;
    const running = createParallelServices("both", [one.service, two.service])
      .run(stop.signal)
      .then(() => {
        ended = true;
      });
    assert.deepEqual(log, ["one runs", "two runs"]);
    stop.abort();
    await settle();
    assert.deepEqual(log.slice(2), ["one stops", "two stops"]);
    two.mayStop.resolve();
    await settle();
    assert.equal(ended, false);
    one.mayStop.resolve();
    await running;
  });

  test("stop all when one fails, and reject with the first failure", async () => {
    const log: string[] = [];
    const [one, two] = [createMember("one", log), createMember("two", log)];
    const running = createParallelServices("both", [one.service, two.service]).run(new AbortController().signal);
    one.fails.reject(new Error("one is broken"));
    two.mayStop.reject(new Error("two did not stop well"));
    await assert.rejects(running, /one is broken/);
    assert.deepEqual(log, ["one runs", "two runs", "two stops"]);
  });

  test("of which there are none run until told to stop", async () => {
    const stop = new AbortController();
    let ended = false;
    const running = createParallelServices("none", [])
      .run(stop.signal)
      .then(() => {
        ended = true;
      });
    await settle();
    assert.equal(ended, false);
    stop.abort();
    await running;
  });

  test("stop at once when told so before they begin", async () => {
    const log: string[] = [];
    const one = createMember("one", log);
    one.mayStop.resolve();
    await createParallelServices("one", [one.service]).run(AbortSignal.abort());
    assert.deepEqual(log, ["one runs", "one stops"]);
  });

  test("may be many: none of Node's warnings about listeners", async (context) => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => {
      if (warning.name === "MaxListenersExceededWarning") warnings.push(warning);
    };
    process.on("warning", onWarning);
    context.after(() => process.off("warning", onWarning));
    const members = Array.from({ length: 50 }, (_, index) => createMember(`${index}`, []));
    const stop = new AbortController();
    const running = createParallelServices(
      "many",
      members.map(({ service }) => service),
    ).run(stop.signal);
    for (const { mayStop } of members) mayStop.resolve();
    await settle();
    stop.abort();
    await running;
    assert.deepEqual(warnings, []);
  });
});
