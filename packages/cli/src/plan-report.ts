import {
  type CapacityPlan,
  COEFFICIENT_NAMES,
  type CoefficientsDocument,
  fleetConfiguration,
  serverConfiguration,
  showBytes,
  showNumber,
} from "@fleet/capacity";
import { formatDuration } from "@fleet/runtime";
import { alignColumns } from "./columns.ts";
import { loadYaml } from "./yaml.ts";

/** The plan for programs. Members are only ever added within a `schema_version`. */
export function planDocument(plan: CapacityPlan, document: CoefficientsDocument): Readonly<Record<string, unknown>> {
  const { config, broker, master, network, detection } = plan;
  return {
    schema_version: 1,
    fleet: {
      peels: config.peels,
      interval_seconds: config.intervalMs / 1_000,
      ttl_seconds: plan.ttlMs / 1_000,
      replicas: config.replicas,
      connections: config.connections,
    },
    beats_per_second: round(plan.beatsPerSecond),
    regions: plan.regions,
    brokers_per_region: plan.brokers,
    partitions_per_region: plan.partitions,
    brokers: {
      count: plan.regions * plan.brokers,
      cores: round(broker.cores),
      memory_bytes: round(broker.memoryBytes),
      disk_bytes: round(broker.diskBytes),
    },
    network_bytes_per_second: {
      from_peels: round(network.inBytesPerSecond),
      to_peels: round(network.outBytesPerSecond),
      to_masters: round(network.toMastersBytesPerSecond),
      between_brokers: round(network.betweenBytesPerSecond),
    },
    masters: { count: plan.masters, cores_of_one: round(master.cores), memory_bytes_of_one: round(master.memoryBytes) },
    detection_seconds: {
      left: detection.leftMs / 1_000,
      crashed: detection.crashedMs / 1_000,
      crashed_with_system_account: detection.crashedWithSystemAccountMs / 1_000,
      hung: detection.hungMs / 1_000,
      failover: detection.failoverMs / 1_000,
      blind_after_restart: detection.blindMs / 1_000,
    },
    configuration: fleetConfiguration(plan),
    nats_server: serverConfiguration(plan),
    coefficients: Object.fromEntries(
      COEFFICIENT_NAMES.map((name) => {
        const { value, unit, source } = document.coefficients[name];
        return [name, { value, unit, source: source.kind, measured_at: source.measuredAt }];
      }),
    ),
  };
}

/** The plan for people, with the configuration to use. */
export function renderPlan(plan: CapacityPlan, document: CoefficientsDocument): string {
  const { config, broker, master, network, detection } = plan;
  const perSecond = (bytes: number) => `${showBytes(bytes)}/s`;
  const within = (ms: number) => `within ${formatDuration(ms)}`;
  const isPooled = config.connections === "pooled";
  const rows: readonly (readonly [string, string])[] = [
    ["peels", `${count(config.peels)}, ${isPooled ? "many to a connection" : "each with a connection of its own"}`],
    ["beats", `${count(plan.beatsPerSecond)} a second, each peel every ${formatDuration(config.intervalMs)}`],
    ["brokers", describeBrokers(plan)],
    ["  cores at work", showNumber(broker.cores)],
    ["  memory", showBytes(broker.memoryBytes)],
    ["  disk", `${showBytes(broker.diskBytes)}, ${config.replicas === 1 ? "one copy" : `${config.replicas} copies`}`],
    ["network", ""],
    ["  from the peels", perSecond(network.inBytesPerSecond)],
    ["  to the peels", perSecond(network.outBytesPerSecond)],
    ["  to the masters", perSecond(network.toMastersBytesPerSecond)],
    ["  between brokers", perSecond(network.betweenBytesPerSecond)],
    ["masters", describeMasters(plan)],
    ["  cores of one", showNumber(master.cores)],
    ["  memory of one", showBytes(master.memoryBytes)],
    ["detection", ""],
    ["  left", within(detection.leftMs)],
    ["  crashed", within(detection.crashedMs)],
    ["  crashed, with the system account", within(detection.crashedWithSystemAccountMs)],
    ["  hung", within(detection.hungMs)],
    ["  another master after a crash", within(detection.failoverMs)],
    ["  nothing told after a broker restart", `for ${formatDuration(detection.blindMs)} at most`],
  ];
  return [
    alignColumns(["PLAN", ""], rows),
    "",
    describeSources(document),
    "",
    renderConfiguration(plan).trimEnd(),
  ].join("\n");
}

/** The configuration file; what brokers are told, and what differs from master to master, is in comments. */
export function renderConfiguration(plan: CapacityPlan): string {
  const { partitions } = plan;
  const lines = ["# For peels and masters."];
  if (partitions > 1) {
    lines.push(`# Partition 0 to ${partitions - 1}: masters of their own for each. Peels need none.`);
  }
  for (const line of serverConfiguration(plan)) lines.push(`# nats-server: ${line}`);
  return `${lines.join("\n")}\n${loadYaml().stringify(fleetConfiguration(plan))}`;
}

function describeBrokers({ regions, brokers, partitions, config }: CapacityPlan): string {
  const each = brokers === 1 ? "1" : `${brokers} in a cluster`;
  const inRegions = regions === 1 ? each : `${regions} regions of ${each}`;
  const split = partitions === 1 ? "" : `, ${partitions} partitions${regions === 1 ? "" : " in each region"}`;
  return `${inRegions}${split}, of ${config.brokerCores} cores and ${showBytes(config.brokerMemoryBytes)} each`;
}

function describeMasters({ masters, partitions, regions, config }: CapacityPlan): string {
  if (partitions * regions === 1) return count(masters);
  return `${count(masters)}, ${config.masters} for each partition${regions === 1 ? "" : " of each region"}`;
}

/** How old the figures are, and how many of them can be measured anew by whoever wants to. */
function describeSources({ coefficients }: CoefficientsDocument): string {
  const sources = COEFFICIENT_NAMES.map((name) => coefficients[name].source);
  const dates = sources.map(({ measuredAt }) => measuredAt).sort();
  const measured = sources.filter(({ kind }) => kind === "benchmark").length;
  const [first, last] = [dates[0], dates.at(-1)];
  const when = first === last ? first : `${first} to ${last}`;
  return `From ${sources.length} figures measured ${when}, ${measured} of them by the benchmarks; see docs/scaling.md.`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** To four digits, which are more than it is worth, and no tail of a division. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
