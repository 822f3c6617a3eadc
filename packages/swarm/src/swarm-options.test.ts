import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidOptionsError } from "@fleet/runtime";
import { resolveSwarmOptions, type SwarmOptions, sparePeels } from "./swarm-options.ts";

function problemsOf(options: SwarmOptions): string[] {
  try {
    resolveSwarmOptions(options);
    return [];
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError);
    return error.problems.map(({ option, message }) => `${option}: ${message}`);
  }
}

describe("the options of a swarm", () => {
  it("have defaults", () => {
    const { connection, ...config } = resolveSwarmOptions({});
    assert.deepEqual(config, {
      peels: 1_000,
      intervalMs: 10_000,
      ttlMs: 30_000,
      storage: "file",
      connections: 2,
      rampMs: 20,
      churnPerSecond: 0,
      crashPerSecond: 0,
      flapPerSecond: 0,
      flapDownMs: 10_000,
      loss: 0,
      seed: 1,
      prefix: "swarm-",
      facts: false,
      leave: false,
    });
    assert.deepEqual([connection(2).name, connection(2).servers], ["fleet-swarm-2", ["127.0.0.1:4222"]]);
  });

  it("follow from one another", () => {
    const config = resolveSwarmOptions({ peels: "1000000", interval: "2s", churn: "30/m", crash: "0.5", flap: "36/h" });
    assert.deepEqual([config.ttlMs, config.rampMs, config.flapDownMs], [6_000, 20_000, 2_000]);
    assert.deepEqual([config.churnPerSecond, config.crashPerSecond, config.flapPerSecond], [0.5, 0.5, 0.01]);
    // Two TTLs of churn and one more.
    assert.equal(sparePeels(config.churnPerSecond, config.ttlMs), 7);
    assert.equal(sparePeels(0, config.ttlMs), 0);
    assert.equal(resolveSwarmOptions({ peels: "3", connections: "64" }).connections, 3);
    assert.equal(resolveSwarmOptions({ loss: "0.25" }).loss, 0.25);
  });

  const wrong: readonly [SwarmOptions, RegExp][] = [
    [{ peels: "0" }, /^peels: a whole number from 1 to 2000000 is wanted$/],
    [{ peels: "2000001" }, /^peels: /],
    [{ peels: "1e3" }, /^peels: /],
    [{ connections: "65" }, /^connections: /],
    [{ interval: "10" }, /^interval: "10" is not a duration/],
    [{ interval: "10s", ttl: "29s" }, /^ttl: 29s is less than three times the interval of 10s; use 30s or more$/],
    [{ churn: "often" }, /^churn: "often" is not a rate; write for example 5\/s, 30\/m or 2\/h$/],
    [{ crash: "5/d" }, /^crash: /],
    [{ flap: "100001" }, /^flap: 100001 is more than 100000\/s$/],
    [{ peels: "1999999", churn: "1" }, /^churn: .* more than 2000000 peels$/],
    [{ loss: "1.5" }, /^loss: "1.5" is not a part; write 0 to 1, for example 0.01$/],
    [{ loss: "5%" }, /^loss: /],
    [{ seed: "-1" }, /^seed: /],
    [{ prefix: "_x" }, /^prefix: "_x" cannot begin a peel id/],
    [{ prefix: "a.b" }, /^prefix: /],
    [{ prefix: "x".repeat(101) }, /^prefix: longer than 100 characters$/],
    [{ storage: "tape" as "file" }, /^storage: "tape" is not valid; use file or memory$/],
    [{ natsUrl: ["http://x"] }, /^natsUrl\.0: /],
  ];
  for (const [options, message] of wrong) {
    it(`are refused: ${JSON.stringify(options).slice(0, 60)}`, () => {
      const problems = problemsOf(options);
      assert.equal(problems.length, 1, problems.join("; "));
      assert.match(problems[0] ?? "", message);
    });
  }
});
