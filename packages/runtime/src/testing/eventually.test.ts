import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "./eventually.ts";

test("eventually gives back what the probe returned, at once if it can", async () => {
  let calls = 0;
  const probe = () => {
    calls += 1;
    return 42;
  };
  assert.equal(await eventually(probe), 42);
  assert.equal(calls, 1);
});

test("eventually calls the probe again until it neither throws nor rejects", async () => {
  let calls = 0;
  const probe = async () => {
    calls += 1;
    if (calls < 4) throw new Error(`only ${calls}`);
    return calls;
  };
  assert.equal(await eventually(probe, { everyMs: 1 }), 4);
});

test("eventually gives up when the time is over, with what the probe threw last", async () => {
  let calls = 0;
  const probe = () => {
    calls += 1;
    throw new Error(`call ${calls}`);
  };
  await assert.rejects(eventually(probe, { timeoutMs: 20, everyMs: 1 }), (error) => {
    assert.ok(error instanceof Error);
    assert.equal(error.message, `call ${calls}`);
    return calls > 1;
  });
});

test("eventually gives up a probe that hangs, and says what the one before it threw", async () => {
  let calls = 0;
  const probe = () => {
    calls += 1;
    if (calls === 1) throw new Error("not yet");
    return new Promise<never>(() => {});
  };
  await assert.rejects(eventually(probe, { timeoutMs: 20, everyMs: 1 }), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /did not return within 20 ms/);
    assert.ok(error.cause instanceof Error);
    return true;
  });
});
