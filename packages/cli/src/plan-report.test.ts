import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import {
  type CapacityOptions,
  COEFFICIENT_NAMES,
  coefficientValues,
  parseCoefficients,
  planCapacity,
  resolveCapacityOptions,
} from "@fleet/capacity";
import { checkConfigurationText } from "./check-configuration.ts";
import { planDocument, renderConfiguration, renderPlan } from "./plan-report.ts";

const document = parseCoefficients(
  readFileSync(new URL(import.meta.resolve("@fleet/capacity/coefficients.json")), "utf8"),
);
const plan = (options: Partial<CapacityOptions>) =>
  planCapacity(resolveCapacityOptions(options), coefficientValues(document));

describe("the configuration of a plan", () => {
  it("is one that peels and masters take, whatever the fleet", async () => {
    for (const peels of ["1", "1000000", "100000000"]) {
      for (const interval of ["100ms", "1234ms", "10s", "1h"]) {
        for (const replicas of ["1", "3"] as const) {
          const text = renderConfiguration(plan({ peels, interval, replicas }));
          assert.deepEqual(await checkConfigurationText(text), [], text);
        }
      }
    }
  });

  it("has what is set of the fleet, and in comments what the brokers are told", () => {
    assert.equal(
      renderConfiguration(plan({ peels: "1000", interval: "1500ms" })),
      [
        "# For peels and masters.",
        "heartbeat_interval: 1500ms",
        "heartbeat_ttl: 4500ms",
        "heartbeat_storage: file",
        "replicas: 1",
        "",
      ].join("\n"),
    );
    const large = renderConfiguration(plan({ peels: "50000000", replicas: "3" }));
    assert.match(large, /^# Partition 0 to \d+: masters of their own for each\. Peels need none\.$/m);
    assert.match(
      large,
      /^# nats-server: mappings \{ "\$KV\.peel-heartbeat\.\*": "\$KV\.peel-heartbeat-partition\.\{\{partition\(\d+,1\)\}\}\.\{\{wildcard\(1\)\}\}" \}$/m,
    );
    assert.match(large, /^# nats-server: leafnodes \{/m);
    assert.match(large, /^replicas: 3\npartition: 0$/m);
  });
});

describe("the report of a plan", () => {
  it("is for people a table, how old its figures are, and the configuration", () => {
    const text = renderPlan(plan({ peels: "1000", interval: "10s" }), document);
    const [table, sources, configuration] = text.split("\n\n");
    assert.match(table ?? "", /^PLAN\npeels {2,}1,000, each with a connection of its own\nbeats {2,}100 a second, /);
    assert.match(table ?? "", /^ {2}crashed {2,}within 14s$/m);
    assert.match(sources ?? "", /^From \d+ figures measured \d{4}-.*; see docs\/scaling\.md\.$/);
    assert.match(configuration ?? "", /^heartbeat_ttl: 30s$/m);
    // However many the figures of the day make it.
    const clustered = { ...plan({ peels: "1000000" }), brokers: 3 };
    assert.match(
      renderPlan({ ...clustered, partitions: 1 }, document),
      /^brokers {2,}3 in a cluster, of 8 cores and 64 GB each$/m,
    );
    assert.match(
      renderPlan({ ...clustered, partitions: 2 }, document),
      /^brokers {2,}3 in a cluster, 2 partitions, of 8 cores and 64 GB each$/m,
    );
    assert.match(
      renderPlan({ ...clustered, regions: 4, partitions: 5 }, document),
      /^brokers {2,}4 regions of 3 in a cluster, 5 partitions in each region, /m,
    );
  });

  it("is for programs in base units, with every figure that it rests on", () => {
    const told = planDocument(plan({ peels: "1000", interval: "10s" }), document);
    assert.deepEqual(told["schema_version"], 1);
    assert.deepEqual(told["beats_per_second"], 100);
    assert.deepEqual(told["detection_seconds"], {
      left: 0.1,
      crashed: 14,
      crashed_with_system_account: 1,
      hung: 30.1,
      failover: 16,
      blind_after_restart: 30,
    });
    assert.deepEqual(Object.keys(told["coefficients"] as object), [...COEFFICIENT_NAMES]);
    assert.deepEqual(told["configuration"], {
      heartbeat_interval: "10s",
      heartbeat_ttl: "30s",
      heartbeat_storage: "file",
      replicas: 1,
    });
  });
});
