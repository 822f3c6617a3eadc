import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderSwarmReport, type SwarmReport, swarmDocument, swarmLine } from "./swarm-report.ts";

function report(changes: Partial<SwarmReport> = {}): SwarmReport {
  return {
    swarm: {
      accounts: {
        beats: {
          due: 12_000,
          retried: 5,
          sent: 11_000,
          acknowledged: 10_000,
          failed: 900,
          lost: 600,
          unsent: 400,
          late: 7,
          missedTtl: 3,
          waiting: 5,
          inFlight: 100,
        },
        peels: { joined: 1_050, returned: 2, left: 40, leftWithoutMarker: 1, crashed: 9 },
        facts: { stored: 1_000, failed: 0 },
        failures: { TIMEOUT: 800, BACKPRESSURE: 101 },
        ackMs: { p50: 0.1234, p99: 20.5, max: 99 },
      },
      census: {
        count: (condition) => ({ waiting: 0, alive: 1_000, leaving: 0, left: 40, crashed: 10 })[condition],
        silent: () => 4,
        peels: () => [],
        ids: () => [],
        find: () => undefined,
      },
      ttlMs: 30_000,
      disconnects: 2,
    },
    peels: 1_000,
    connections: 2,
    intervalMs: 10_000,
    seed: 7,
    durationMs: 20_000,
    ...changes,
  };
}

describe("the report of a swarm", () => {
  it("is a document whose members are all there, in base units", () => {
    assert.deepEqual(swarmDocument(report()), {
      schema_version: 1,
      configuration: { peels: 1_000, connections: 2, interval_seconds: 10, ttl_seconds: 30, seed: 7 },
      duration_seconds: 20,
      beats: {
        due: 12_000,
        retried: 5,
        sent: 11_000,
        acknowledged: 10_000,
        failed: 900,
        lost: 600,
        unsent: 400,
        late: 7,
        missed_ttl: 3,
        waiting: 5,
        in_flight: 100,
        acknowledged_per_second: 500,
      },
      acknowledgement_ms: { p50: 0.12, p99: 20.5, max: 99 },
      failures: { TIMEOUT: 800, BACKPRESSURE: 101 },
      facts: { stored: 1_000, failed: 0 },
      peels: { joined: 1_050, returned: 2, left: 40, left_without_marker: 1, crashed: 9 },
      now: { alive: 1_000, leaving: 0, left: 40, crashed: 10, silent_for_a_ttl: 4 },
      disconnects: 2,
    });
  });

  it("is a table for people, with the errors by name", () => {
    const table = renderSwarmReport(report());
    assert.match(table, /^ {2}failed +900, TIMEOUT 800, BACKPRESSURE 101$/m);
    assert.match(table, /^ {2}acknowledged +10,000, 500 a second$/m);
    assert.match(table, /^ {2}of them silent for a TTL +4$/m);
    // What is to be repeated need not have been sent: it says nothing of how many were.
    assert.match(table, /^beats due +12,000, and 5 once more after a failure$/m);
    assert.match(table, /^ {2}sent +11,000$/m);
  });

  it("is a line while it runs, with the rate since the last one", () => {
    const line = swarmLine(report(), { acknowledged: 9_000, durationMs: 18_000 }, 200);
    assert.equal(line, "20s  3 missed TTL  900 failed  7 late  1,000 alive  500 beats/s  400 not sent  105 under way");
  });

  it("has in a line of 80 columns all that is wrong with a million peels, and no number that is cut off", () => {
    const { swarm } = report();
    const { accounts } = swarm;
    const beats = { ...accounts.beats, missedTtl: 12_345_678, failed: 23_456_789, late: 34_567_890 };
    const million = report({
      swarm: { ...swarm, accounts: { ...accounts, beats }, census: { ...swarm.census, count: () => 1_000_000 } },
      durationMs: 360_000_000,
    });
    const before = { acknowledged: 0, durationMs: 0 };
    const line = swarmLine(million, before, 79);
    assert.equal(line, "100h0m0s  12,345,678 missed TTL  23,456,789 failed  34,567,890 late");
    assert.equal(swarmLine(million, before, 4), "100h");
  });

  it("says of a bucket without a TTL that it has none", () => {
    const { swarm } = report();
    const unlimited = report({ swarm: { ...swarm, ttlMs: Number.POSITIVE_INFINITY } });
    const { configuration } = JSON.parse(JSON.stringify(swarmDocument(unlimited)));
    assert.equal(configuration.ttl_seconds, null);
    const table = renderSwarmReport(unlimited);
    assert.match(table, /^ {2}of them silent for a TTL +none: the bucket has no TTL$/m);
    assert.match(table, /^ {2}that missed their TTL +none: the bucket has no TTL$/m);
  });

  it("takes a run of no time", () => {
    const { beats } = swarmDocument(report({ durationMs: 0 })) as { beats: { acknowledged_per_second: number } };
    assert.equal(beats.acknowledged_per_second, 0);
  });
});
