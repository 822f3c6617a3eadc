import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { createDeferred, sleep } from "@fleet/runtime";
import { HEADER_ACQUIRED_AT, HEADER_TERM } from "@fleet/wire";
import { createElectorScene, LEASE } from "./testing/elector-scene.ts";

test("a lone candidate acquires the lease at once, works under a term, and says so", async () => {
  const { clock, bucket, candidate } = createElectorScene();
  const acquired: number[] = [];
  const one = candidate("one", { events: { onAcquired: (term) => acquired.push(term) } });
  await clock.advance(10);
  assert.equal(one.grants.length, 1);
  const [grant] = one.grants;
  assert.equal(grant?.term, 1);
  assert.equal(grant?.isHeld(), true);
  assert.deepEqual(acquired, [1]);
  const since = clock.wallMs() - 10;
  assert.deepEqual(one.elector.standing, { role: "holder", term: 1, since, renewedAt: since });
  assert.deepEqual(one.lines(), [
    "info: publisher lease candidate started; standing by until acquired",
    "info: leader lease acquired",
  ]);

  const entry = await bucket.get(LEASE);
  assert.equal(new TextDecoder().decode(entry?.value), "one");
  assert.equal(entry?.header(HEADER_TERM), "1");
  assert.equal(entry?.header(HEADER_ACQUIRED_AT), new Date(since).toISOString());
});

test("the holder renews every interval, and its deadline moves on", async () => {
  const { clock, bucket, candidate } = createElectorScene();
  const durations: number[] = [];
  const one = candidate("one", { events: { onRenew: (durationMs) => durations.push(durationMs) } });
  await clock.advance(30_000);
  const entry = await bucket.get(LEASE);
  // The acquiring write, the renew that confirms the term, and ten more.
  assert.equal(entry?.revision, 12);
  assert.equal(entry?.storedAt, clock.wallMs());
  assert.equal(durations.length, 11);
  assert.equal(one.grants.length, 1);
  assert.equal(one.grants[0]?.isHeld(), true);
  assert.deepEqual(one.elector.standing, {
    role: "holder",
    term: 1,
    since: clock.wallMs() - 30_000,
    renewedAt: clock.wallMs(),
  });
});

test("a candidate that loses the race for a free lease has renewed nothing", async () => {
  const { clock, candidate } = createElectorScene();
  const renewing: string[] = [];
  const racing = ["one", "two"].map((id) =>
    candidate(id, {
      events: { onRenew: () => renewing.push(id) },
      // As long as neither hears of the other's write, both find the lease free.
      between: (store) => ({
        ...store,
        async write(options) {
          await sleep(clock, 5);
          return store.write(options);
        },
      }),
    }),
  );
  await clock.advance(10_000);
  const [loser, ...others] = racing.filter(({ elector }) => elector.standing.role === "standby");
  assert.deepEqual(others, []);
  assert.deepEqual(
    loser?.logger.lines.filter(({ level }) => level === "debug").map(({ message }) => message),
    ["lease operation failed"],
  );
  assert.equal(new Set(renewing).size, 1);
});

test("a standby knows the holder, and takes a released lease within 40 ms", async () => {
  const { clock, candidate } = createElectorScene();
  const one = candidate("one");
  await clock.advance(1_000);
  const since = clock.wallMs() - 1_000;
  const two = candidate("two");
  await clock.advance(10_000);
  assert.deepEqual(two.elector.standing, { role: "standby", holder: "one", since });
  assert.equal(two.elector.unheldMs, 0);
  assert.equal(two.grants.length, 0);
  one.stop();
  await clock.advance(40);
  assert.equal(one.hasEnded(), true);
  const [[before], [after]] = [one.grants, two.grants];
  assert.ok(before && after && after.term > before.term);
});

test("an expired lease is taken within a second of the TTL", async () => {
  const { clock, candidate, config } = createElectorScene();
  let dead = false;
  const hang = new Promise<never>(() => {});
  // It goes on to look like a live process that cannot reach anything any more.
  candidate("one", {
    between: (store) => ({ ...store, write: (options) => (dead ? hang : store.write(options)) }),
  });
  await clock.advance(3_500);
  const two = candidate("two");
  await clock.advance(500);
  dead = true;
  // The last renew was at 3 s.
  await clock.advance(3_000 + config.ttlMs - 4_000 - 1);
  assert.equal(two.grants.length, 0);
  await clock.advance(1_000);
  assert.equal(two.grants.length, 1);
});

test("told to stop, the holder keeps the lease until its work has ended, however long that takes", async () => {
  const { clock, bucket, candidate } = createElectorScene();
  const windingDown = createDeferred();
  const one = candidate("one", { work: () => windingDown.promise });
  const two = candidate("two");
  await clock.advance(1_000);
  one.stop();
  await clock.advance(0);
  assert.equal(one.grants[0]?.signal.aborted, true);
  assert.equal(one.grants[0]?.isHeld(), false);
  const before = await bucket.get(LEASE);
  await clock.advance(20_000);
  const after = await bucket.get(LEASE);
  assert.equal(after?.operation, "put");
  assert.equal(after?.revision, (before?.revision ?? 0) + 7, "renewed every 3 s");
  assert.deepEqual(two.grants, []);
  assert.equal(one.hasEnded(), false);

  windingDown.resolve();
  await clock.advance(40);
  assert.equal(one.hasEnded(), true);
  assert.equal(two.grants.length, 1);
  assert.deepEqual(one.lines().slice(2), ["info: leader lease ending", "info: leader lease released"]);
});

test("a holder that steps down stays out for one TTL, looks on, and can then hold it again", async () => {
  const { clock, candidate, config } = createElectorScene();
  const one = candidate("one");
  await clock.advance(1_000);
  assert.equal(one.elector.stepDown(), true);
  await clock.advance(100);
  assert.equal(one.grants[0]?.signal.aborted, true);
  assert.equal(one.elector.stepDown(), false);

  await clock.advance(config.ttlMs - 101);
  assert.equal(one.grants.length, 1, "nobody else is there, and it stays out all the same");
  await clock.advance(1_000);
  assert.equal(one.grants.length, 2);

  const two = candidate("two");
  await clock.advance(1_000);
  one.elector.stepDown();
  await clock.advance(1_000);
  assert.equal(two.grants.length, 1);
  assert.equal(one.elector.standing.role === "standby" && one.elector.standing.holder, "two");
});

test("of two that stand by when the lease expires, the one that is fit takes it, even if it is the later one", async () => {
  const { clock, candidate, config } = createElectorScene();
  const hang = new Promise<never>(() => {});
  let dead = false;
  candidate("one", {
    between: (store) => ({ ...store, write: (options) => (dead ? hang : store.write(options)) }),
  });
  let isFit = false;
  const unfit = candidate("unfit", { random: () => 0, isFit: () => isFit });
  const fit = candidate("fit", { random: () => 0.999 });
  await clock.advance(3_500);
  dead = true;
  await clock.advance(config.ttlMs + 1_000);
  assert.deepEqual([unfit.grants.length, fit.grants.length], [0, 1]);

  // A holder that is not fit any more leaves it to the one that is.
  isFit = true;
  fit.elector.standBack();
  await clock.advance(100);
  assert.equal(unfit.grants.length, 1);
  assert.equal(fit.lines().at(-1), "info: leader lease released");
});

test("one that is not fit and alone takes a free lease when it is fit, and after one TTL in any case", async () => {
  for (const fitAfterMs of [3_000, Number.POSITIVE_INFINITY]) {
    const { clock, candidate, config } = createElectorScene();
    const startedMono = clock.monoMs();
    const one = candidate("one", { isFit: () => clock.monoMs() - startedMono >= fitAfterMs });
    const untilMs = Math.min(fitAfterMs, config.ttlMs);
    await clock.advance(untilMs - 1);
    assert.equal(one.grants.length, 0);
    await clock.advance(400);
    assert.equal(one.grants.length, 1);
  }
});

test("work that ends by itself gives the lease to another", async () => {
  const { clock, candidate } = createElectorScene();
  const ended: string[] = [];
  const one = candidate("one", {
    work: () => sleep(clock, 5_000),
    events: { onEnded: (reason, term) => ended.push(`${reason} ${term}`) },
  });
  const two = candidate("two");
  await clock.advance(5_100);
  assert.equal(one.grants[0]?.signal.aborted, true);
  assert.deepEqual(ended, ["stepped-down 1"]);
  assert.equal(two.grants.length, 1);
});

test("work that fails is logged once, and gives the lease to another", async () => {
  const { clock, candidate } = createElectorScene();
  const one = candidate("one", {
    work() {
      throw new Error("the disk is full");
    },
  });
  const two = candidate("two");
  await clock.advance(100);
  const failures = one.logger.lines.filter(({ level }) => level === "error");
  assert.deepEqual(failures, [
    { level: "error", message: "work under the lease failed", fields: { key: LEASE, error: "the disk is full" } },
  ]);
  assert.equal(two.grants.length, 1);
});

test("a candidate that is told to stop leaves no timer and no listener behind, whatever it was doing", async () => {
  const moments = [0, 1, 999, 20_000];
  for (const stopAtMs of moments) {
    const { clock, candidate } = createElectorScene();
    const holder = candidate("one");
    await clock.advance(10);
    let hearing = 0;
    const standby = candidate("two", {
      between: (store) => ({
        ...store,
        hear(onWrite) {
          const heard = store.hear(onWrite);
          hearing += 1;
          return {
            close() {
              hearing -= 1;
              heard.close();
            },
          };
        },
      }),
    });
    await clock.advance(stopAtMs);
    assert.equal(hearing, 1);
    standby.stop();
    await standby.ended;
    assert.equal(hearing, 0);
    holder.stop();
    await clock.advance(0);
    await holder.ended;
    assert.equal(clock.pendingTimers, 0, `stopped after ${stopAtMs} ms`);
    assert.equal(getEventListeners(holder.signal, "abort").length, 0);
    assert.equal(getEventListeners(standby.signal, "abort").length, 0);
  }
});
