import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { aborted, sleep } from "./clock.ts";
import { createDeferred, type Deferred } from "./deferred.ts";
import { isFleetError } from "./errors.ts";
import type { Service } from "./service.ts";
import { createServiceGroup } from "./service-group.ts";
import { createFakeClock } from "./testing/fake-clock.ts";
import { createRecordingLogger } from "./testing/recording-logger.ts";

/** A member that writes down when it starts, is told to stop and has stopped. */
interface Member extends Service {
  readonly finish: Deferred<void>;
}

function setUp() {
  const clock = createFakeClock();
  const controller = new AbortController();
  const diary: string[] = [];
  const member = (name: string, options: { ready?: Promise<void>; stopMs?: number } = {}): Member => {
    const finish = createDeferred();
    return {
      name,
      finish,
      ...(options.ready ? { ready: options.ready } : {}),
      async run(signal) {
        diary.push(`${name} starts`);
        await Promise.race([aborted(signal), finish.promise]);
        if (!signal.aborted) return;
        diary.push(`${name} stops`);
        if (options.stopMs) await sleep(clock, options.stopMs);
        diary.push(`${name} stopped`);
      },
    };
  };
  const run = (...members: Service[]) =>
    createServiceGroup({ name: "master", clock, members, stopTimeoutMs: 10_000 }).run(controller.signal);
  const assertNothingLeft = () => {
    assert.equal(clock.pendingTimers, 0);
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  };
  return { clock, controller, diary, member, run, assertNothingLeft };
}

test("members without a ready start in order, at once", async () => {
  const { clock, controller, diary, member, run } = setUp();
  const group = run(member("a"), member("b"), member("c"));
  await clock.advance(0);
  assert.deepEqual(diary, ["a starts", "b starts", "c starts"]);
  controller.abort();
  await group;
});

test("the members that have stopped are told, in order, with the time that each took", async () => {
  const { clock, controller, member } = setUp();
  const logger = createRecordingLogger();
  const members = [member("a"), member("b", { stopMs: 300 }), member("c", { stopMs: 1_000 })];
  const group = createServiceGroup({ name: "master", clock, members, stopTimeoutMs: 1_200, logger });
  const run = group.run(controller.signal);
  await clock.advance(0);
  controller.abort();
  const ended = assert.rejects(run, /not stopped within 1\.2s: b/);
  await clock.advance(1_200);
  await ended;
  assert.deepEqual(
    logger.lines.map(({ level, message, fields }) => [level, message, fields]),
    [["debug", "part stopped", { part: "c", duration_ms: 1_000 }]],
  );
});

test("a member starts when those before it are ready", async () => {
  const { clock, controller, diary, member, run } = setUp();
  const ready = createDeferred();
  const group = run(member("a", { ready: ready.promise }), member("b"));
  await clock.advance(60_000);
  assert.deepEqual(diary, ["a starts"]);
  ready.resolve();
  await clock.advance(0);
  assert.deepEqual(diary, ["a starts", "b starts"]);
  controller.abort();
  await group;
});

test("members stop in reverse order, each after the one before has stopped", async () => {
  const { clock, controller, diary, member, run, assertNothingLeft } = setUp();
  const group = run(member("a"), member("b", { stopMs: 1_000 }), member("c", { stopMs: 1_000 }));
  await clock.advance(0);
  diary.length = 0;
  controller.abort();
  await clock.advance(2_000);
  await group;
  assert.deepEqual(diary, ["c stops", "c stopped", "b stops", "b stopped", "a stops", "a stopped"]);
  assertNothingLeft();
});

test("one member failing stops the others, and its error comes out", async () => {
  const { clock, diary, member, run, assertNothingLeft } = setUp();
  const failing = member("b");
  const group = run(member("a"), failing, member("c"));
  const rejected = assert.rejects(group, { message: "b is broken" });
  await clock.advance(0);
  failing.finish.reject(new Error("b is broken"));
  await rejected;
  assert.deepEqual(diary.slice(3), ["c stops", "c stopped", "a stops", "a stopped"]);
  assertNothingLeft();
});

test("a member that throws before it returns a promise fails like any other", async () => {
  const { clock, diary, member, run } = setUp();
  const failing: Service = {
    name: "b",
    run() {
      throw new Error("b is broken at once");
    },
  };
  const rejected = assert.rejects(run(member("a"), failing), { message: "b is broken at once" });
  await clock.advance(0);
  await rejected;
  assert.deepEqual(diary, ["a starts", "a stops", "a stopped"]);
});

test("of several failures the first comes out", async () => {
  const { clock, member, run } = setUp();
  const first = member("a");
  const second: Service = {
    name: "b",
    async run(signal) {
      await aborted(signal);
      throw new Error("b could not stop");
    },
  };
  const rejected = assert.rejects(run(first, second), { message: "a is broken" });
  await clock.advance(0);
  first.finish.reject(new Error("a is broken"));
  await rejected;
});

test("a member that fails while it stops makes the group fail, after the others have stopped", async () => {
  const { clock, controller, diary, member, run } = setUp();
  const failing: Service = {
    name: "b",
    async run(signal) {
      await aborted(signal);
      throw new Error("b could not stop");
    },
  };
  const rejected = assert.rejects(run(member("a"), failing), { message: "b could not stop" });
  await clock.advance(0);
  controller.abort();
  await rejected;
  assert.deepEqual(diary, ["a starts", "a stops", "a stopped"]);
});

test("a member that ends by itself stops the group with SERVICE_ENDED and its name", async () => {
  const { clock, diary, member, run, assertNothingLeft } = setUp();
  const ending = member("b");
  const group = run(member("a"), ending);
  const rejected = assert.rejects(group, (error) => {
    assert.ok(isFleetError(error, "SERVICE_ENDED"));
    assert.match(error.message, /^b ended/);
    return true;
  });
  await clock.advance(0);
  ending.finish.resolve();
  await rejected;
  assert.deepEqual(diary, ["a starts", "b starts", "a stops", "a stopped"]);
  assertNothingLeft();
});

test("a member that ends before it is ready does not leave the group waiting", async () => {
  const { clock, diary, member, run } = setUp();
  const ending = member("a", { ready: createDeferred().promise });
  const rejected = assert.rejects(run(ending, member("b")), { code: "SERVICE_ENDED" });
  await clock.advance(0);
  ending.finish.resolve();
  await rejected;
  assert.deepEqual(diary, ["a starts"]);
});

test("members that do not stop in time are named; the others are stopped all the same", async () => {
  const { clock, controller, diary, member, run } = setUp();
  const group = run(member("a"), member("b", { stopMs: 60_000 }), member("c"));
  const rejected = assert.rejects(group, (error) => {
    assert.ok(isFleetError(error, "STOP_TIMEOUT"));
    assert.equal(error.message, "master: not stopped within 10s: b");
    return true;
  });
  await clock.advance(0);
  controller.abort();
  await clock.advance(9_999);
  assert.equal(diary.includes("a stops"), false);
  await clock.advance(1);
  await rejected;
  assert.deepEqual(diary.slice(3), ["c stops", "c stopped", "b stops", "a stops", "a stopped"]);
});

test("the time to stop is that of all members together", async () => {
  const { clock, controller, member, run } = setUp();
  const group = run(member("a", { stopMs: 6_000 }), member("b", { stopMs: 6_000 }));
  const rejected = assert.rejects(group, { message: "master: not stopped within 10s: a" });
  await clock.advance(0);
  controller.abort();
  await clock.advance(10_000);
  await rejected;
});

test("told to stop during start-up, the group starts no more members and stops those that run", async () => {
  const { clock, controller, diary, member, run, assertNothingLeft } = setUp();
  const group = run(member("a"), member("b", { ready: new Promise<void>(() => {}) }), member("c"));
  await clock.advance(60_000);
  controller.abort();
  await group;
  assert.deepEqual(diary, ["a starts", "b starts", "b stops", "b stopped", "a stops", "a stopped"]);
  assertNothingLeft();
});

test("told to stop before it runs, the group starts nothing", async () => {
  const { controller, diary, member, run, assertNothingLeft } = setUp();
  controller.abort();
  await run(member("a"), member("b"));
  assert.deepEqual(diary, []);
  assertNothingLeft();
});

test("a failure during start-up starts no more members and stops those that run", async () => {
  const { clock, diary, member, run } = setUp();
  const failing = member("a");
  const group = run(failing, member("b", { ready: createDeferred().promise }), member("c"));
  const rejected = assert.rejects(group, { message: "a is broken" });
  await clock.advance(0);
  failing.finish.reject(new Error("a is broken"));
  await rejected;
  assert.deepEqual(diary, ["a starts", "b starts", "b stops", "b stopped"]);
});

test("a ready that rejects fails the group with its error, after all members have stopped", async () => {
  const { clock, diary, member, run, assertNothingLeft } = setUp();
  const ready = createDeferred();
  const group = run(member("a"), member("b", { ready: ready.promise, stopMs: 1_000 }), member("c"));
  const rejected = assert.rejects(group, { message: "b cannot get ready" });
  await clock.advance(0);
  ready.reject(new Error("b cannot get ready"));
  await clock.advance(1_000);
  await rejected;
  assert.deepEqual(diary, ["a starts", "b starts", "b stops", "b stopped", "a stops", "a stopped"]);
  assertNothingLeft();
});

test("a ready that rejects because its member was stopped is no failure", async () => {
  const { clock, controller, run } = setUp();
  const ready = createDeferred();
  const dialling: Service = {
    name: "connection",
    ready: ready.promise,
    async run(signal) {
      await aborted(signal);
      ready.reject(signal.reason);
    },
  };
  const group = run(dialling);
  await clock.advance(0);
  controller.abort();
  await group;
});

test("a group without members runs until it is told to stop", async () => {
  const { clock, controller, run, assertNothingLeft } = setUp();
  let ended = false;
  const group = run().then(() => {
    ended = true;
  });
  await clock.advance(60_000);
  assert.equal(ended, false);
  controller.abort();
  await group;
  assertNothingLeft();
});

test("a group can be the member of another", async () => {
  const { clock, controller, diary, member } = setUp();
  const inner = createServiceGroup({ name: "inner", clock, members: [member("b")], stopTimeoutMs: 1_000 });
  const outer = createServiceGroup({ name: "outer", clock, members: [member("a"), inner], stopTimeoutMs: 2_000 });
  const run = outer.run(controller.signal);
  await clock.advance(0);
  controller.abort();
  await run;
  assert.deepEqual(diary, ["a starts", "b starts", "b stops", "b stopped", "a stops", "a stopped"]);
});

test("a group is ready when its last member is, and never if it is stopped before", async () => {
  const { clock, controller, member } = setUp();
  const ready = createDeferred();
  const group = createServiceGroup({
    name: "peel",
    clock,
    members: [member("a"), member("b", { ready: ready.promise })],
    stopTimeoutMs: 10_000,
  });
  let readyAt: number | undefined;
  void group.ready.then(() => {
    readyAt = clock.monoMs();
  });
  const run = group.run(controller.signal);
  await clock.advance(5_000);
  assert.equal(readyAt, undefined);
  ready.resolve();
  await clock.advance(1_000);
  assert.equal(readyAt, 5_000);
  controller.abort();
  await run;

  const stopped = setUp();
  const late = createServiceGroup({
    name: "peel",
    clock: stopped.clock,
    members: [stopped.member("a", { ready: new Promise(() => {}) })],
    stopTimeoutMs: 10_000,
  });
  let wasReady = false;
  void late.ready.then(() => {
    wasReady = true;
  });
  const ending = late.run(stopped.controller.signal);
  await stopped.clock.advance(1_000);
  stopped.controller.abort();
  await ending;
  assert.equal(wasReady, false);
});
