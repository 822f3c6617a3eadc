import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type CapacityOptions, resolveCapacityOptions } from "./capacity-options.ts";
import { type CapacityPlan, capacityLimits, planCapacity } from "./capacity-plan.ts";
import type { CoefficientValues } from "./coefficients.ts";

/** Round figures, so that sums can be done in the head. */
const COEFFICIENTS: CoefficientValues = {
  brokerCpuUsPerBeat: 10,
  brokerCpuUsPerBeatOfConnection: 70,
  brokerCpuSharePerCopy: 0.5,
  brokerCpuUsPerDelivery: 4,
  brokerBytesPerPeel: 400,
  brokerBytesPerConnection: 50_000,
  brokerDiskBytesPerKey: 200,
  brokerDiskBytesPerPeelKnown: 800,
  bucketBeatsPerSecond: 200_000,
  replicatedBucketShare: 0.5,
  masterCpuUsPerBeat: 5,
  masterBytesPerPeel: 500,
  masterIndexBytesPerPeel: 300,
  masterBytesPerPeelElsewhere: 50,
  beatBytesUp: 200,
  beatBytesDown: 100,
  beatBytesToMaster: 300,
};

const plan = (options: Partial<CapacityOptions>): CapacityPlan =>
  planCapacity(resolveCapacityOptions(options), COEFFICIENTS);

describe("a plan", () => {
  it("is a sum of what each beat and each peel costs", () => {
    const { broker, network, masters, master, ...rest } = plan({
      peels: "1000000",
      interval: "10s",
      masters: "1",
      connections: "pooled",
    });
    assert.equal(rest.beatsPerSecond, 100_000);
    assert.deepEqual([rest.regions, rest.brokers, rest.partitions, rest.ttlMs], [1, 1, 1, 30_000]);
    // 100,000 × (10 + 4) us; 20 MB and a million times 400 bytes; a million times 1,000 bytes.
    assert.deepEqual(broker, { cores: 1.4, memoryBytes: 420e6, diskBytes: 1e9 });
    assert.deepEqual(network, {
      inBytesPerSecond: 20e6,
      outBytesPerSecond: 10e6,
      toMastersBytesPerSecond: 30e6,
      betweenBytesPerSecond: 0,
    });
    assert.equal(masters, 1);
    assert.deepEqual(master, { cores: 0.5, memoryBytes: 590e6 });
  });

  it("has with a connection for each peel seven cores and 50 GB for a million, and packets of their own", () => {
    const { broker, network, brokers } = plan({
      peels: "1000000",
      masters: "1",
      brokerCores: "16",
      brokerMemory: "128",
    });
    assert.equal(brokers, 1);
    assert.equal(broker.cores, 7.4);
    assert.equal(broker.memoryBytes, 50_420e6);
    assert.equal(network.inBytesPerSecond, 100_000 * (200 + 2 * 66));
    assert.equal(network.outBytesPerSecond, 100_000 * (100 + 66));
  });

  it("takes a cluster as soon as one broker's machine is too small, of three at least", () => {
    assert.equal(plan({ peels: "100000" }).brokers, 1);
    assert.equal(plan({ peels: "1000000" }).brokers, 3);
    assert.equal(plan({ peels: "1000000", brokerCores: "64", brokerMemory: "64" }).brokers, 3);
    assert.equal(plan({ peels: "1000", replicas: "3" }).brokers, 3);
    assert.equal(plan({ peels: "1000", replicas: "5" }).brokers, 5);
  });

  it("counts copies, and the way from broker to broker", () => {
    const { broker, network } = plan({ peels: "300000", replicas: "3", masters: "1", connections: "pooled" });
    // 30,000 × (10 + 2 × 5 + (1 + 2/3) × 4) us
    assert.ok(Math.abs(broker.cores - 0.8) < 1e-9, String(broker.cores));
    assert.equal(broker.memoryBytes, 3 * 20e6 + 300_000 * 3 * 400);
    assert.ok(Math.abs(network.betweenBytesPerSecond - 30_000 * (2 + 2 / 3) * 200) < 1e-6);
  });

  it("divides the beats where one bucket or one master would take too many", () => {
    // Half of what a bucket takes: 100,000 beats a second, 50,000 with copies.
    assert.equal(plan({ peels: "1000000", connections: "pooled" }).partitions, 1);
    assert.equal(plan({ peels: "1000010", connections: "pooled" }).partitions, 2);
    assert.equal(plan({ peels: "1000000", connections: "pooled", replicas: "3" }).partitions, 2);
    // Few beats, and more peels than a master holds.
    const { partitions, masters, master } = plan({ peels: "10000000", interval: "1h", connections: "pooled" });
    // Of a heap of 2.8 GB, 500 MB are for everybody's facts; what is left holds 3.07 million peels of 750 bytes more.
    assert.deepEqual([partitions, masters], [4, 8]);
    assert.equal(master.memoryBytes, 90e6 + 2_500_000 * 500 + 7_500_000 * 50);
  });

  it("gives every master of a region the facts of the whole region, and divides the fleet where they are too many", () => {
    const fleet = { interval: "1h", connections: "pooled", brokerCores: "1024", brokerMemory: "1000" } as const;
    // Facts take half of 2.8 GB at most.
    assert.equal(plan({ ...fleet, peels: "28000000" }).regions, 1);
    const { regions, partitions, master } = plan({ ...fleet, peels: "28000100" });
    assert.equal(regions, 2);
    const [own, all] = [28_000_100 / (regions * partitions), 28_000_100 / regions];
    assert.equal(Math.round(master.memoryBytes), Math.round(90e6 + own * 500 + (all - own) * 50));
  });

  it("takes several regions where one cluster would be too large", () => {
    const { regions, brokers, masters, partitions } = plan({ peels: "100000000" });
    assert.ok(regions > 1 && brokers <= 9, `${regions} × ${brokers}`);
    assert.equal(masters, regions * partitions * 2);
  });

  it("tells how soon things are found, by interval and TTL", () => {
    assert.deepEqual(plan({ peels: "10", interval: "5s" }).detection, {
      leftMs: 100,
      crashedMs: 8_000,
      crashedWithSystemAccountMs: 1_000,
      hungMs: 15_100,
      failoverMs: 16_000,
      blindMs: 15_000,
    });
  });

  it("can be held against what gives way first", () => {
    const limits = capacityLimits(resolveCapacityOptions({ peels: "1", masters: "1" }), COEFFICIENTS);
    assert.deepEqual(
      limits.map(({ what, atMostPeels }) => [what, Math.round(atMostPeels)]),
      [
        ["one bucket with three copies", 500_000],
        ["broker cores, a connection for each peel", 648_649],
        ["broker memory, a connection for each peel", 888_889],
        ["one bucket", 1_000_000],
        ["one master", 1_200_000],
        ["broker cores, few connections", 3_428_571],
        ["memory of one master", 3_500_000],
      ],
    );
  });

  it("ends for every fleet, fits its machines, and never needs less for more peels", () => {
    const options = fc.record({
      peels: fc.integer({ min: 1, max: 500_000_000 }),
      interval: fc.constantFrom("100ms", "1s", "10s", "1m", "1h"),
      replicas: fc.constantFrom("1", "3", "5"),
      masters: fc.constantFrom("1", "2", "5"),
      connections: fc.constantFrom("per-peel" as const, "pooled" as const),
      brokerCores: fc.constantFrom("1", "8", "128"),
      brokerMemory: fc.constantFrom("1", "64", "1000"),
    });
    fc.assert(
      fc.property(options, ({ peels, ...rest }) => {
        const [less, more] = [peels, peels * 2].map((each) => plan({ ...rest, peels: String(each) }));
        for (const each of [less, more] as CapacityPlan[]) {
          const machines = each.regions * each.brokers;
          assert.ok(each.broker.cores <= machines * each.config.brokerCores * 0.6 + 1e-6);
          assert.ok(each.broker.memoryBytes <= machines * each.config.brokerMemoryBytes * 0.7 + 1e-3);
          assert.ok(each.brokers <= 9 && each.partitions <= 64, `${each.brokers} brokers, ${each.partitions} parts`);
          assert.ok(each.master.cores <= 0.6 + 1e-9, String(each.master.cores));
          const heap = each.master.memoryBytes - 90e6 + (each.config.peels / each.regions / each.partitions) * 300;
          assert.ok(heap <= 0.7 * 4e9 + 1, `${heap} bytes while a master reads its bucket anew`);
        }
        assert.ok((more?.broker.cores ?? 0) >= (less?.broker.cores ?? 0));
        assert.ok((more?.regions ?? 0) >= (less?.regions ?? 0));
      }),
    );
  });
});
