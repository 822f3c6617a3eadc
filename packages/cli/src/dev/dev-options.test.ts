import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InvalidOptionsError } from "@fleet/runtime";
import { resolveDevOptions } from "./dev-options.ts";

function problemsOf(flags: Readonly<Record<string, unknown>>): string[] {
  try {
    resolveDevOptions(flags);
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError);
    return error.problems.map(({ option, message }) => `${option}: ${message}`);
  }
  return assert.fail("the flags were taken");
}

describe("the options of fleet dev", () => {
  test("are one master, five peels and a NATS of its own, until told to stop", () => {
    assert.deepEqual(resolveDevOptions({}), {
      masters: 1,
      peels: 5,
      natsUrl: undefined,
      natsPort: undefined,
      durationMs: undefined,
      heartbeatIntervalMs: 10_000,
      heartbeatInterval: "10000ms",
      heartbeatTtl: "30000ms",
      verbose: false,
    });
  });

  test("are taken as they are written", () => {
    const flags = {
      masters: "0",
      peels: "200",
      natsPort: "65535",
      duration: "0",
      heartbeatInterval: "1h",
      verbose: true,
    };
    const config = resolveDevOptions(flags);
    assert.deepEqual([config.masters, config.peels, config.natsPort, config.durationMs], [0, 200, 65_535, 0]);
    assert.equal(config.verbose, true);
  });

  test("make the TTL three times the interval, exactly", () => {
    const { heartbeatInterval, heartbeatTtl } = resolveDevOptions({ heartbeatInterval: "1.55s" });
    assert.deepEqual([heartbeatInterval, heartbeatTtl], ["1550ms", "4650ms"]);
  });

  test("are refused with every problem at once", () => {
    const flags = { masters: "21", peels: "many", natsPort: "0", duration: "long", heartbeatInterval: "1ms" };
    assert.deepEqual(problemsOf({ ...flags, natsUrl: "http://x" }), [
      "masters: a whole number from 0 to 20 is wanted",
      "peels: a whole number from 0 to 200 is wanted",
      'natsUrl: "http://" is not a NATS URL; write nats://host:port or tls://host:port',
      "natsPort: a whole number from 1 to 65535 is wanted",
      'duration: "long" is not a duration; write for example 250ms, 15s or 1h30m',
      "heartbeatInterval: 1ms is outside 0.1s to 3600s",
      "natsPort: it is the port of a NATS started here; with --nats-url none is",
    ]);
  });

  test("take a count for a count only when it is written as one", () => {
    for (const peels of ["", " ", "1e1", "0x10", "-1", "1.5", "5 ", "999999"]) {
      assert.deepEqual(problemsOf({ peels }), ["peels: a whole number from 0 to 200 is wanted"], `--peels "${peels}"`);
    }
  });
});
