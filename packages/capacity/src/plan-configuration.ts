import type { CapacityPlan } from "./capacity-plan.ts";

/**
 * The settings of the fleet's peels and masters, by the keys of their configuration file. Where there are partitions the
 * masters of each have another number; the first is given.
 */
export function fleetConfiguration({
  config,
  ttlMs,
  partitions,
}: CapacityPlan): Readonly<Record<string, string | number>> {
  return {
    heartbeat_interval: writeDuration(config.intervalMs),
    heartbeat_ttl: writeDuration(ttlMs),
    // A broker that restarts has lost nothing, and takes less memory than with a bucket in memory.
    heartbeat_storage: "file",
    replicas: config.replicas,
    ...(partitions > 1 && { partition: 0 }),
  };
}

/** What the brokers of a region are told beside their accounts and routes, in nats-server's own language; may be empty. */
export function serverConfiguration({ partitions, regions }: CapacityPlan): readonly string[] {
  const mapping = `"$KV.peel-heartbeat.*": "$KV.peel-heartbeat-partition.{{partition(${partitions},1)}}.{{wildcard(1)}}"`;
  return [
    ...(partitions > 1 ? [`mappings { ${mapping} }`] : []),
    ...(regions > 1
      ? [
          "jetstream { store_dir: /var/lib/nats, domain: REGION }",
          'leafnodes { remotes: [{ url: "nats-leaf://HUB:7422", deny_imports: ["fleet.>"], deny_exports: ["fleet.>"] }] }',
        ]
      : []),
  ];
}

/** Without loss, unlike what is written for people: the TTL must not end up below three intervals. */
function writeDuration(durationMs: number): string {
  return durationMs % 1_000 === 0 ? `${durationMs / 1_000}s` : `${durationMs}ms`;
}
