import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { type AccessOptions, type AccessVerdict, createAccess } from "./access.ts";

function accessOf(options: Partial<AccessOptions>) {
  return createAccess({
    loopback: true,
    metricsInsecure: false,
    bearer: undefined,
    clock: createFakeClock(),
    logger: createRecordingLogger(),
    ...options,
  });
}

const TOKEN = "s3cret-Token.+/=";
const RIGHT = `Bearer ${TOKEN}`;

test("who is let in depends on the address, the token and, for metrics alone, on the insecure switch", () => {
  const bearer = () => TOKEN;
  const local = { loopback: true };
  const remote = { loopback: false };
  const insecure = { metricsInsecure: true };
  const table: [options: Partial<AccessOptions>, given: string | undefined, AccessVerdict, AccessVerdict][] = [
    [local, undefined, "granted", "granted"],
    [local, "Bearer whatever", "granted", "granted"],
    [{ ...local, bearer }, undefined, "token-missing", "token-missing"],
    [{ ...local, bearer }, RIGHT, "granted", "granted"],
    [{ ...local, bearer, ...insecure }, undefined, "granted", "token-missing"],
    [remote, undefined, "unset", "unset"],
    [remote, "Bearer ", "unset", "unset"],
    [remote, RIGHT, "unset", "unset"],
    [{ ...remote, ...insecure }, undefined, "granted", "unset"],
    [{ ...remote, bearer }, undefined, "token-missing", "token-missing"],
    [{ ...remote, bearer }, "Bearer wrong", "token-wrong", "token-wrong"],
    [{ ...remote, bearer }, RIGHT, "granted", "granted"],
    [{ ...remote, bearer, ...insecure }, "Bearer wrong", "granted", "token-wrong"],
  ];
  for (const [options, given, metrics, admin] of table) {
    const access = accessOf(options);
    const what = `${JSON.stringify(options)} ${options.bearer ? "with a token" : ""} ${given}`;
    assert.equal(access.judge("metrics", given), metrics, what);
    assert.equal(access.judge("admin", given), admin, what);
  }
});

test("the header is read as clients write it, and only whole tokens count", () => {
  const access = accessOf({ loopback: false, bearer: () => TOKEN });
  for (const given of [RIGHT, `bearer ${TOKEN}`, `BEARER   ${TOKEN} `]) {
    assert.equal(access.judge("metrics", given), "granted", given);
  }
  for (const given of ["", "Bearer", "Bearer  ", TOKEN, `Basic ${TOKEN}`, `Bearer ${TOKEN} x`]) {
    assert.equal(access.judge("metrics", given), "token-missing", given);
  }
  for (const token of [TOKEN.slice(0, -1), `${TOKEN}=`, TOKEN.toUpperCase(), "undefined"]) {
    assert.equal(access.judge("metrics", `Bearer ${token}`), "token-wrong", token);
  }
});

test("a token is asked for at each request, so that a renewed one counts at once", () => {
  let token = "old";
  const access = accessOf({ bearer: () => token });
  assert.equal(access.judge("admin", "Bearer old"), "granted");
  token = "new";
  assert.equal(access.judge("admin", "Bearer old"), "token-wrong");
  assert.equal(access.judge("admin", "Bearer new"), "granted");
});

test("a token that is empty or cannot be read lets nobody in, which is logged once a minute", async () => {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const emptyLogger = createRecordingLogger();
  const empty = accessOf({ clock, logger: emptyLogger, bearer: () => "" });
  const broken = accessOf({
    clock,
    logger,
    bearer() {
      throw new Error("ENOENT: /run/secrets/metrics");
    },
  });
  for (const given of ["Bearer x", "Bearer undefined", "Bearer  "]) {
    assert.notEqual(empty.judge("metrics", given), "granted", given);
    assert.notEqual(broken.judge("metrics", given), "granted", given);
  }
  assert.deepEqual(emptyLogger.lines, [
    { level: "warn", message: "bearer token unreadable; nobody is let in", fields: { error: "it is empty" } },
  ]);
  assert.deepEqual(logger.lines, [
    {
      level: "warn",
      message: "bearer token unreadable; nobody is let in",
      fields: { error: "ENOENT: /run/secrets/metrics" },
    },
  ]);
  await clock.advance(60_000);
  broken.judge("metrics", "Bearer x");
  assert.equal(logger.lines.length, 2);
});
