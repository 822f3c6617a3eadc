import { type Connection, createBucket, createConnection, setUpBucket } from "@fleet/bus";
import { beatDeadlineMs } from "@fleet/presence";
import { type Clock, createDeferred, isFleetError, type Logger, type Service, sleep } from "@fleet/runtime";
import {
  createHeartbeatWriter,
  encodeFacts,
  factsBucketSpec,
  HEARTBEAT_BUCKET,
  heartbeatBucketSpec,
  PROTOCOL_VERSION,
} from "@fleet/wire";
import { BeatLane, type BeatLaneParts } from "./beat-lane.ts";
import { type BeatOrder, createBeatOrder } from "./beat-order.ts";
import { createPeelNames } from "./peel-names.ts";
import { ALIVE, PeelRecords } from "./peel-records.ts";
import { createPeelSessions, SESSION_LENGTH } from "./peel-sessions.ts";
import { seededChance } from "./seeded-random.ts";
import { type SwarmAccounts, SwarmLedger } from "./swarm-accounts.ts";
import { createSwarmCensus, type SimulatedPeel, type SwarmCensus } from "./swarm-census.ts";
import type { SwarmConfig } from "./swarm-options.ts";
import { createSwarmPlan, type PlannedEvent } from "./swarm-plan.ts";
import { createSwarmSchedule } from "./swarm-schedule.ts";

export interface SwarmParts {
  readonly config: SwarmConfig;
  /** Version that beats and facts tell. */
  readonly version: string;
  /** A KSUID, from which the sessions of all peels are made. */
  readonly session: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Told when a peel has joined, begun to leave, left or crashed. It is called in the midst of things: be quick. */
  readonly onChange?: (peel: SimulatedPeel) => void;
}

/** A simulated fleet. */
export interface Swarm extends Service {
  /** Settles when every peel has joined. */
  readonly ready: Promise<void>;
  readonly census: SwarmCensus;
  readonly accounts: SwarmAccounts;
  /** TTL of the bucket: as found, once it was. */
  readonly ttlMs: number;
  /** How often a connection was lost. */
  readonly disconnects: number;
  /**
   * Beyond what was planned, now, while it runs: so many peels drawn at random crash, or leave, or those away longest join.
   * Gives their ids; fewer if there are no more.
   */
  intervene(kind: PlannedEvent["kind"], count: number): string[];
}

const TICK_MS = 5;
const FINISH_LOOK_MS = 5;
/** Longest time for goodbyes at the end. */
const LEAVE_LIMIT_MS = 30_000;

/**
 * Creates a swarm: peels that beat as real ones do, with the same records, phases and sessions, but over a few connections
 * and without a timer, an object or a promise for each. Buckets that are missing are made as a master would make them.
 *
 * Told to stop, it waits for the answers to what it has sent, so that its accounts add up; then, if so configured, every peel
 * says goodbye.
 */
export function createSwarm(parts: SwarmParts): Swarm {
  return new SimulatedSwarm(parts);
}

class SimulatedSwarm implements Swarm {
  readonly name = "swarm";
  readonly census: SwarmCensus;
  readonly #parts: SwarmParts;
  readonly #records: PeelRecords;
  readonly #order: BeatOrder;
  readonly #ledger = new SwarmLedger();
  readonly #plan: ReturnType<typeof createSwarmPlan>;
  readonly #chance: ReturnType<typeof seededChance>;
  readonly #schedule: ReturnType<typeof createSwarmSchedule>;
  readonly #connections: readonly Connection[];
  readonly #laneParts: BeatLaneParts;
  readonly #ready = createDeferred();
  #lanes: readonly BeatLane[] = [];
  #originMono = 0;
  #ttlMs: number;

  constructor(parts: SwarmParts) {
    const { config, version, session, clock, random, logger, onChange } = parts;
    const count = config.peels + config.spare;
    this.#parts = parts;
    this.#ttlMs = config.ttlMs;
    this.#records = new PeelRecords(count);
    const { intervalMs } = config;
    this.#order = createBeatOrder({ count, names: createPeelNames(config.prefix, count), intervalMs });
    const [records, names, sessions] = [this.#records, this.#order.names, createPeelSessions(session)];
    this.census = createSwarmCensus({ records, names, sessions, clock });
    this.#plan = createSwarmPlan(config);
    this.#chance = seededChance(config.seed);
    this.#schedule = createSwarmSchedule({ phasesMs: this.#order.phasesMs, intervalMs });
    this.#connections = Array.from({ length: config.connections }, (_, index) =>
      createConnection({ config: config.connection(index + 1), clock, random, logger }),
    );
    this.#laneParts = {
      records,
      names,
      sessions,
      writer: createHeartbeatWriter({
        version,
        protocol: PROTOCOL_VERSION,
        intervalMs,
        sessionLength: SESSION_LENGTH,
      }),
      ledger: this.#ledger,
      nextBeatMono: (peel, afterMono) => this.#originMono + this.#schedule.nextMs(peel, afterMono - this.#originMono),
      clock,
      random,
      intervalMs,
      ttlMs: () => this.#ttlMs,
      isLost: (peel, dueMono) => this.#isLost(peel, dueMono),
      factsOf: config.facts ? (peel) => encodeFacts(simulatedFacts(names.idOf(peel), version)) : undefined,
      onChange: onChange ? (peel) => onChange(this.census.find(names.idOf(peel)) as SimulatedPeel) : () => {},
    };
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get accounts(): SwarmAccounts {
    return this.#ledger.read();
  }

  get ttlMs(): number {
    return this.#ttlMs;
  }

  get disconnects(): number {
    return this.#connections.reduce((sum, { counters }) => sum + counters.disconnects, 0);
  }

  intervene(kind: PlannedEvent["kind"], count: number): string[] {
    const nowMono = this.#parts.clock.monoMs();
    return this.#plan.intervene(kind, count).map((number) => {
      const peel = this.#apply(kind, number, nowMono);
      return this.#order.names.idOf(peel);
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const hangUp = new AbortController();
    const connections = this.#connections.map((connection) => connection.run(hangUp.signal));
    try {
      await Promise.all(this.#connections.map((connection) => connection.connected(signal)));
      if (!signal.aborted) await this.#prepareBuckets();
      if (!signal.aborted) await this.#simulate(signal);
      this.#ready.reject(signal.reason);
    } catch (error) {
      this.#ready.reject(error);
      throw error;
    } finally {
      hangUp.abort();
      await Promise.all(connections);
    }
  }

  async #prepareBuckets(): Promise<void> {
    const { config, logger } = this.#parts;
    const connection = this.#connections[0] as Connection;
    const specs = [
      heartbeatBucketSpec({ ttlMs: config.ttlMs, storage: config.storage }),
      ...(config.facts ? [factsBucketSpec] : []),
    ];
    for (const spec of specs) {
      if (!(await isMissing(connection, spec.name))) continue;
      await setUpBucket(connection, spec, { repair: false });
      logger.info("bucket created", { bucket: spec.name });
    }
    const { ttlMs } = await createBucket(connection, HEARTBEAT_BUCKET).state();
    if (ttlMs !== config.ttlMs) {
      logger.warn("the heartbeat bucket has another TTL; it counts", { ttl_ms: ttlMs, configured_ms: config.ttlMs });
    }
    this.#ttlMs = ttlMs;
  }

  async #simulate(signal: AbortSignal): Promise<void> {
    const { config, clock, logger } = this.#parts;
    const peelsPerLane = Math.ceil((config.peels + config.spare) / this.#connections.length);
    this.#lanes = this.#connections.map((connection) => new BeatLane(connection, peelsPerLane, this.#laneParts));
    const stopListening = this.#connections.map((connection, index) =>
      connection.onState((state) => {
        if (state === "connected") this.#resume(index);
        else this.#lanes[index]?.drop();
      }),
    );
    this.#originMono = clock.monoMs();
    logger.info("swarm started", { peels: config.peels, interval_ms: config.intervalMs, seed: config.seed });
    while (!signal.aborted) {
      this.#tick();
      await sleep(clock, TICK_MS, signal);
    }
    await this.#finish();
    for (const stop of stopListening) stop();
    for (const lane of this.#lanes) lane.close();
    logger.info("swarm stopped");
  }

  /** Does all that was to be done since the last time. */
  #tick(): void {
    const { config, clock } = this.#parts;
    const origin = this.#originMono;
    const nowMs = clock.monoMs() - origin;
    for (let event = this.#plan.next(nowMs); event; event = this.#plan.next(nowMs)) {
      this.#apply(event.kind, event.peel, origin + event.atMs);
    }
    const skipped = this.#schedule.advance(nowMs, (peel, dueMs) => this.#laneOf(peel).beat(peel, origin + dueMs));
    if (skipped > 0) {
      const beats = skipped * this.census.count("alive");
      this.#ledger.beats.due += beats;
      this.#ledger.beats.unsent += beats;
    }
    for (const lane of this.#lanes) lane.pump();
    if (nowMs >= config.rampMs) this.#ready.resolve();
  }

  /** Does what the plan has for the peel of this number; gives its place. */
  #apply(kind: PlannedEvent["kind"], number: number, atMono: number): number {
    const peel = this.#order.places[number] as number;
    const lane = this.#laneOf(peel);
    if (kind === "join") lane.join(peel, atMono);
    else if (kind === "leave") lane.leave(peel);
    else lane.crash(peel);
    return peel;
  }

  /** Every peel of a connection that is there again beats at once. */
  #resume(index: number): void {
    const nowMono = this.#parts.clock.monoMs();
    const { condition } = this.#records;
    const lane = this.#lanes[index];
    for (let peel = index; peel < condition.length; peel += this.#lanes.length) lane?.beat(peel, nowMono);
    lane?.pump();
  }

  #laneOf(peel: number): BeatLane {
    return this.#lanes[peel % this.#lanes.length] as BeatLane;
  }

  /** Lost beats are fixed by the seed, the peel, its life and the round; two in one round share their fate. */
  #isLost(peel: number, dueMono: number): boolean {
    const { loss, intervalMs } = this.#parts.config;
    if (loss === 0) return false;
    const round = Math.floor((dueMono - this.#originMono) / intervalMs);
    return this.#chance(peel, this.#records.life[peel] as number, round) < loss;
  }

  /** What is on its way gets its answer; what is not stays where it is. */
  async #finish(): Promise<void> {
    const { config, clock } = this.#parts;
    for (const lane of this.#lanes) lane.drop();
    if (config.leave) {
      for (let peel = 0; peel < this.#records.condition.length; peel += 1) {
        if (this.#records.condition[peel] === ALIVE) this.#laneOf(peel).leave(peel);
      }
    }
    const limitMs = config.leave ? LEAVE_LIMIT_MS : 2 * beatDeadlineMs(config.intervalMs);
    const deadlineMono = clock.monoMs() + limitMs;
    while (this.#lanes.some(({ busy }) => busy) && clock.monoMs() < deadlineMono) {
      for (const lane of this.#lanes) lane.pump();
      await sleep(clock, FINISH_LOOK_MS);
    }
    for (const lane of this.#lanes) lane.drop();
  }
}

async function isMissing(connection: Connection, bucket: string): Promise<boolean> {
  try {
    await createBucket(connection, bucket).state();
    return false;
  } catch (error) {
    if (isFleetError(error, "BUCKET_MISSING")) return true;
    throw error;
  }
}

/** Facts of a machine that there is not. */
function simulatedFacts(id: string, version: string) {
  return {
    os: { name: "linux", version: "simulated", arch: "amd64" },
    network: { hostname: id },
    cpu: { count: 2, model: "simulated" },
    memory: { total_bytes: 4_294_967_296 },
    peel: { version, protocol: PROTOCOL_VERSION },
    labels: { simulated: "true" },
  };
}
