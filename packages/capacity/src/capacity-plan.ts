import type { CapacityConfig } from "./capacity-options.ts";
import type { CoefficientValues } from "./coefficients.ts";
import { type DetectionBounds, detectionBounds } from "./detection-bounds.ts";

/** What a fleet needs. Figures are for the whole fleet unless they say otherwise. */
export interface CapacityPlan {
  readonly config: CapacityConfig;
  readonly ttlMs: number;
  readonly beatsPerSecond: number;
  /** Clusters of their own, each with its part of the fleet. */
  readonly regions: number;
  /** Brokers of a region. */
  readonly brokers: number;
  /** Buckets among which a region's beats are divided; 1: they are not. */
  readonly partitions: number;
  readonly broker: {
    /** Cores at work in all brokers together. */
    readonly cores: number;
    readonly memoryBytes: number;
    readonly diskBytes: number;
  };
  readonly network: {
    /** From peels and to them. */
    readonly inBytesPerSecond: number;
    readonly outBytesPerSecond: number;
    /** To masters, all together. */
    readonly toMastersBytesPerSecond: number;
    /** From broker to broker. */
    readonly betweenBytesPerSecond: number;
  };
  /** All masters: those of each partition of each region. */
  readonly masters: number;
  /** One of them. */
  readonly master: { readonly cores: number; readonly memoryBytes: number };
  readonly detection: DetectionBounds;
}

/** A TTL forgives two beats that are lost. */
const INTERVALS_PER_TTL = 3;
/** Part of a machine's cores and memory that is planned with; the rest is for a restart, when everybody comes at once. */
const CORES_SHARE = 0.6;
const MEMORY_SHARE = 0.7;
/** Part of what one bucket has been seen to take at most. */
const BUCKET_SHARE = 0.5;
/** A master is one thread, and has to catch up after a pause. */
const MASTER_SHARE = 0.6;
/** Heap that Node.js 20 allows itself on a machine of 16 GB or more; `node --max-old-space-size` says another. */
const MASTER_HEAP_BYTES = 4_000_000_000;
/** What of it is planned with: the rest is for what has not been collected yet. */
const PLANNED_HEAP_BYTES = MASTER_HEAP_BYTES * MEMORY_SHARE;
/** Part of that which facts of other partitions' peels may take: they are not divided but by regions. */
const FACTS_SHARE = 0.5;
/** Two brokers have no majority without each other. */
const LEAST_CLUSTER = 3;
/** Brokers that all know each other, before a fleet is better off in several regions. A choice: nothing larger was measured. */
const BROKERS_PER_REGION = 9;
/** The same for buckets, each of which has masters of its own. */
const PARTITIONS_PER_REGION = 64;
const BROKER_AT_REST_BYTES = 20_000_000;
const MASTER_AT_REST_BYTES = 90_000_000;
/** Ethernet, IP and TCP with its timestamps. Beats that share a connection share packets too. */
const PACKET_BYTES = 66;
const PACKETS_UP = 2;
const PACKETS_DOWN = 1;

/** One region, by the number of its peels. */
interface Region {
  readonly brokers: number;
  readonly partitions: number;
  readonly cores: number;
  readonly memoryBytes: number;
  /** How many times too large it is; above 1 the fleet needs more regions. */
  readonly excess: number;
}

/** Plans a fleet. Pure arithmetic: the figures are as good as the coefficients, and grow with the beats in a straight line. */
export function planCapacity(config: CapacityConfig, coefficients: CoefficientValues): CapacityPlan {
  const { peels, intervalMs, replicas, connections } = config;
  let regions = 1;
  let region = planRegion(peels, config, coefficients);
  while (region.excess > 1) {
    regions = Math.max(regions + 1, Math.ceil(regions * region.excess));
    region = planRegion(peels / regions, config, coefficients);
  }

  const ttlMs = INTERVALS_PER_TTL * intervalMs;
  const beatsPerSecond = perSecond(peels, intervalMs);
  const packets = connections === "per-peel" ? PACKET_BYTES : 0;
  const { beatBytesUp, beatBytesDown, beatBytesToMaster, masterCpuUsPerBeat } = coefficients;
  const parts = regions * region.partitions;
  const elsewhere = hopsOf(region.brokers);
  return {
    config,
    ttlMs,
    beatsPerSecond,
    regions,
    brokers: region.brokers,
    partitions: region.partitions,
    broker: {
      cores: regions * region.cores,
      memoryBytes: regions * region.memoryBytes,
      diskBytes: peels * replicas * (coefficients.brokerDiskBytesPerKey + coefficients.brokerDiskBytesPerPeelKnown),
    },
    network: {
      inBytesPerSecond: beatsPerSecond * (beatBytesUp + PACKETS_UP * packets),
      outBytesPerSecond: beatsPerSecond * (beatBytesDown + PACKETS_DOWN * packets),
      toMastersBytesPerSecond: beatsPerSecond * config.masters * beatBytesToMaster,
      betweenBytesPerSecond: beatsPerSecond * (elsewhere + replicas - 1) * beatBytesUp,
    },
    masters: parts * config.masters,
    master: {
      cores: ((beatsPerSecond / parts) * masterCpuUsPerBeat) / 1e6,
      memoryBytes: MASTER_AT_REST_BYTES + masterBytes(peels / parts, peels / regions, coefficients),
    },
    detection: detectionBounds({ intervalMs, ttlMs }),
  };
}

function planRegion(peels: number, config: CapacityConfig, coefficients: CoefficientValues): Region {
  const { intervalMs, replicas, masters, connections, brokerCores, brokerMemoryBytes } = config;
  const beats = perSecond(peels, intervalMs);
  const isPooled = connections === "pooled";
  const beatUs = isPooled ? coefficients.brokerCpuUsPerBeat : coefficients.brokerCpuUsPerBeatOfConnection;
  const coresAt = (brokers: number) =>
    (beats *
      (beatUs +
        (replicas - 1) * coefficients.brokerCpuSharePerCopy * coefficients.brokerCpuUsPerBeat +
        (masters + hopsOf(brokers)) * coefficients.brokerCpuUsPerDelivery)) /
    1e6;
  const memoryAt = (brokers: number) =>
    brokers * BROKER_AT_REST_BYTES +
    peels * (replicas * coefficients.brokerBytesPerPeel + (isPooled ? 0 : coefficients.brokerBytesPerConnection));

  let brokers = replicas;
  while (
    coresAt(brokers) > brokers * brokerCores * CORES_SHARE ||
    memoryAt(brokers) > brokers * brokerMemoryBytes * MEMORY_SHARE
  ) {
    const byCores = coresAt(brokers) / (brokerCores * CORES_SHARE);
    const byMemory = memoryAt(brokers) / (brokerMemoryBytes * MEMORY_SHARE);
    brokers = Math.max(brokers + 1, LEAST_CLUSTER, Math.ceil(Math.max(byCores, byMemory)));
  }

  const bucketBeats = coefficients.bucketBeatsPerSecond * (replicas === 1 ? 1 : coefficients.replicatedBucketShare);
  const { masterBytesPerPeelElsewhere } = coefficients;
  const factsBytes = peels * masterBytesPerPeelElsewhere;
  const heapLeft = Math.max(PLANNED_HEAP_BYTES - factsBytes, PLANNED_HEAP_BYTES * (1 - FACTS_SHARE));
  const partitions = Math.ceil(
    Math.max(
      beats / (bucketBeats * BUCKET_SHARE),
      (beats * coefficients.masterCpuUsPerBeat) / 1e6 / MASTER_SHARE,
      (peels * (heapBytesPerPeel(coefficients) - masterBytesPerPeelElsewhere)) / heapLeft,
    ),
  );
  const excess = Math.max(
    brokers / BROKERS_PER_REGION,
    partitions / PARTITIONS_PER_REGION,
    factsBytes / (PLANNED_HEAP_BYTES * FACTS_SHARE),
  );
  return { brokers, partitions, cores: coresAt(brokers), memoryBytes: memoryAt(brokers), excess };
}

/** What a master takes for its own peels, and for the facts of all others of its region. */
function masterBytes(own: number, all: number, coefficients: CoefficientValues): number {
  return own * coefficients.masterBytesPerPeel + (all - own) * coefficients.masterBytesPerPeelElsewhere;
}

/** While a master reads its bucket anew, it has its index twice. */
function heapBytesPerPeel({ masterBytesPerPeel, masterIndexBytesPerPeel }: CoefficientValues): number {
  return masterBytesPerPeel + masterIndexBytesPerPeel;
}

/** Part of the beats that reach another broker than the one that stores them. */
function hopsOf(brokers: number): number {
  return (brokers - 1) / brokers;
}

function perSecond(peels: number, intervalMs: number): number {
  return (peels * 1_000) / intervalMs;
}

/** One of the things that give way first, and how far it goes. */
export interface CapacityLimit {
  readonly what: string;
  /** `undefined` where it does not matter how often they beat. */
  readonly beatsPerSecond: number | undefined;
  /** Peels, at the interval given. */
  readonly atMostPeels: number;
}

/** How far one broker, one bucket and one master go, each by itself; in the order in which they give way. */
export function capacityLimits(config: CapacityConfig, coefficients: CoefficientValues): readonly CapacityLimit[] {
  const { intervalMs, brokerCores, brokerMemoryBytes, masters } = config;
  const perBeat = (us: number) => us + masters * coefficients.brokerCpuUsPerDelivery;
  const byBeats = (what: string, beatsPerSecond: number): CapacityLimit => ({
    what,
    beatsPerSecond,
    atMostPeels: (beatsPerSecond * intervalMs) / 1_000,
  });
  const byPeels = (what: string, atMostPeels: number): CapacityLimit => ({
    what,
    beatsPerSecond: undefined,
    atMostPeels,
  });
  const coresUs = brokerCores * CORES_SHARE * 1e6;
  const bucketBeats = coefficients.bucketBeatsPerSecond * BUCKET_SHARE;
  return [
    byBeats("broker cores, a connection for each peel", coresUs / perBeat(coefficients.brokerCpuUsPerBeatOfConnection)),
    byPeels(
      "broker memory, a connection for each peel",
      (brokerMemoryBytes * MEMORY_SHARE) / (coefficients.brokerBytesPerConnection + coefficients.brokerBytesPerPeel),
    ),
    byBeats("one bucket with three copies", bucketBeats * coefficients.replicatedBucketShare),
    byBeats("one bucket", bucketBeats),
    byBeats("one master", (MASTER_SHARE * 1e6) / coefficients.masterCpuUsPerBeat),
    byBeats("broker cores, few connections", coresUs / perBeat(coefficients.brokerCpuUsPerBeat)),
    byPeels("memory of one master", PLANNED_HEAP_BYTES / heapBytesPerPeel(coefficients)),
  ].sort((a, b) => a.atMostPeels - b.atMostPeels);
}
