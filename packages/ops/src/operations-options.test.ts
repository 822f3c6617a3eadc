import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidOptionsError, resolveOptions } from "@fleet/runtime";
import * as z from "zod";
import { operationsConfig, operationsShape } from "./operations-options.ts";

const schema = z.strictObject({ ...operationsShape(9090), id: z.string().default("x") });
const resolve = (given: unknown) => operationsConfig(resolveOptions(schema, given));

test("by default a program is served on loopback, tolerates any outage and tells its details", () => {
  assert.deepEqual(resolve({}), {
    healthAddr: { host: "127.0.0.1", port: 9090 },
    healthDetails: true,
    livenessNatsGraceMs: undefined,
    metricsBearer: undefined,
    metricsInsecure: false,
    metricsPrefix: "fleet",
  });
});

test("what is given is taken, and nothing of other options is kept", () => {
  const metricsBearer = () => "t0ken";
  const given = { id: "y", healthAddr: ":0", healthDetails: "off", livenessNatsGrace: "1h", metricsInsecure: true };
  assert.deepEqual(resolve({ ...given, metricsBearer, metricsPrefix: "zester" }), {
    healthAddr: { host: "", port: 0 },
    healthDetails: false,
    livenessNatsGraceMs: 3_600_000,
    metricsBearer,
    metricsInsecure: true,
    metricsPrefix: "zester",
  });
});

test("what cannot be taken is told all at once, with what would be right", () => {
  const given = { healthAddr: "x", healthDetails: "yes", livenessNatsGrace: "10ms", metricsPrefix: "1" };
  assert.throws(
    () => resolve(given),
    (error) => {
      assert.ok(error instanceof InvalidOptionsError);
      const messages = Object.fromEntries(error.problems.map(({ option, message }) => [option, message]));
      assert.match(messages["healthAddr"] ?? "", /has no port/);
      assert.equal(messages["healthDetails"], '"yes" is neither on nor off');
      assert.equal(messages["livenessNatsGrace"], "10ms is outside 1s to 604800s");
      assert.match(messages["metricsPrefix"] ?? "", /is not a metric prefix/);
      return true;
    },
  );
});
