import { type Connection, createConnection } from "@fleet/bus";
import { beatDeadlineMs } from "@fleet/presence";
import { type Clock, createDeferred, type Logger, type Service, sleep } from "@fleet/runtime";
import { createHeartbeatWriter, encodeFacts, PROTOCOL_VERSION } from "@fleet/wire";
import { BeatLane, type BeatLaneParts } from "./beat-lane.ts";
import { createFailureWatch } from "./failure-watch.ts";
import { ALIVE } from "./peel-records.ts";
import { SESSION_LENGTH } from "./peel-sessions.ts";
import { seededChance } from "./seeded-random.ts";
import { createSimulatedFleet, type SimulatedFleet } from "./simulated-fleet.ts";
import { type SwarmAccounts, SwarmLedger } from "./swarm-accounts.ts";
import { createSwarmBuckets, type SwarmBuckets } from "./swarm-buckets.ts";
import type { SimulatedPeel, SwarmCensus } from "./swarm-census.ts";
import { MAX_PEELS, type SwarmConfig, sparePeels } from "./swarm-options.ts";
import type { PlannedEvent } from "./swarm-plan.ts";

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
  /** TTL of the bucket: as found, once it was; `Infinity` if it has none. */
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
 * and without a timer, an object or a promise for each. Buckets that are missing are made as a master would make them, at the
 * beginning and when they are lost meanwhile.
 *
 * Told to stop, it waits for the answers to what it has sent, so that its accounts add up; then, if so configured, every peel
 * says goodbye.
 */
export function createSwarm(parts: SwarmParts): Swarm {
  return new SimulatedSwarm(parts);
}

class SimulatedSwarm implements Swarm {
  readonly name = "swarm";
  readonly #parts: SwarmParts;
  readonly #ledger = new SwarmLedger();
  readonly #chance: ReturnType<typeof seededChance>;
  readonly #connections: readonly Connection[];
  readonly #buckets: SwarmBuckets;
  readonly #ready = createDeferred();
  #fleet: SimulatedFleet;
  #lanes: readonly BeatLane[] = [];
  #originMono = 0;
  #restoring: Promise<void> | undefined;

  constructor(parts: SwarmParts) {
    const { config, session, clock, random, logger } = parts;
    this.#parts = parts;
    this.#chance = seededChance(config.seed);
    this.#fleet = createSimulatedFleet({
      config,
      spare: sparePeels(config.churnPerSecond, config.ttlMs),
      session,
      clock,
    });
    this.#connections = Array.from({ length: config.connections }, (_, index) =>
      createConnection({ config: config.connection(index + 1), clock, random, logger }),
    );
    this.#buckets = createSwarmBuckets({ config, clock, logger });
  }

  get census(): SwarmCensus {
    return this.#fleet.census;
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get accounts(): SwarmAccounts {
    return this.#ledger.read();
  }

  get ttlMs(): number {
    return this.#buckets.ttlMs;
  }

  get disconnects(): number {
    return this.#connections.reduce((sum, { counters }) => sum + counters.disconnects, 0);
  }

  intervene(kind: PlannedEvent["kind"], count: number): string[] {
    const nowMono = this.#parts.clock.monoMs();
    const { plan, order } = this.#fleet;
    return plan.intervene(kind, count).map((number) => order.names.idOf(this.#apply(kind, number, nowMono)));
  }

  async run(signal: AbortSignal): Promise<void> {
    const hangUp = new AbortController();
    const connections = this.#connections.map((connection) => connection.run(hangUp.signal));
    try {
      await Promise.all(this.#connections.map((connection) => connection.connected(signal)));
      if (!signal.aborted) await this.#buckets.prepare(this.#connections[0] as Connection);
      if (!signal.aborted) {
        this.#enlarge();
        await this.#simulate(signal);
      }
      this.#ready.reject(signal.reason);
    } catch (error) {
      this.#ready.reject(error);
      throw error;
    } finally {
      hangUp.abort();
      await Promise.all([...connections, this.#restoring]);
    }
  }

  /** With a longer TTL than the one configured more peels are needed, before those that have left may come back. */
  #enlarge(): void {
    const { config, session, clock, logger } = this.#parts;
    const { ttlMs } = this.#buckets;
    if (!Number.isFinite(ttlMs)) return;
    const wanted = sparePeels(config.churnPerSecond, ttlMs);
    const spare = Math.min(wanted, MAX_PEELS - config.peels);
    if (spare < wanted) logger.warn("peels that have left come back before two TTLs are over", { wanted, spare });
    if (spare > this.#fleet.spare) this.#fleet = createSimulatedFleet({ config, spare, session, clock });
  }

  async #simulate(signal: AbortSignal): Promise<void> {
    const { config, clock, logger } = this.#parts;
    const peelsPerLane = Math.ceil(this.#fleet.records.condition.length / this.#connections.length);
    const laneParts = this.#laneParts();
    this.#lanes = this.#connections.map((connection) => new BeatLane(connection, peelsPerLane, laneParts));
    const failures = createFailureWatch({
      failures: this.#ledger.failures,
      clock,
      logger,
      onUnavailable: () => this.#restoreBuckets(),
    });
    const stopListening = this.#connections.map((connection, index) =>
      connection.onState((state) => {
        if (state !== "connected") return this.#lanes[index]?.drop();
        this.#restoreBuckets();
        this.#resume(index);
      }),
    );
    this.#originMono = clock.monoMs();
    logger.info("swarm started", { peels: config.peels, interval_ms: config.intervalMs, seed: config.seed });
    while (!signal.aborted) {
      this.#tick();
      failures.look();
      await sleep(clock, TICK_MS, signal);
    }
    await this.#finish();
    for (const stop of stopListening) stop();
    for (const lane of this.#lanes) lane.close();
    logger.info("swarm stopped");
  }

  #laneParts(): BeatLaneParts {
    const { config, version, clock, random, onChange } = this.#parts;
    const { records, order, sessions, census, schedule } = this.#fleet;
    const { names } = order;
    const { intervalMs } = config;
    return {
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
      nextBeatMono: (peel, afterMono) => this.#originMono + schedule.nextMs(peel, afterMono - this.#originMono),
      clock,
      random,
      intervalMs,
      ttlMs: () => this.#buckets.ttlMs,
      isLost: (peel, dueMono) => this.#isLost(peel, dueMono),
      factsOf: config.facts ? (peel) => encodeFacts(simulatedFacts(names.idOf(peel), version)) : undefined,
      onChange: onChange ? (peel) => onChange(census.find(names.idOf(peel)) as SimulatedPeel) : () => {},
    };
  }

  /** A bucket in memory does not outlive its broker. */
  #restoreBuckets(): void {
    const connection = this.#connections.find(({ state }) => state === "connected");
    if (connection) this.#restoring = this.#buckets.restore(connection);
  }

  /** Does all that was to be done since the last time. */
  #tick(): void {
    const { config, clock } = this.#parts;
    const { plan, schedule } = this.#fleet;
    const origin = this.#originMono;
    const nowMs = clock.monoMs() - origin;
    for (let event = plan.next(nowMs); event; event = plan.next(nowMs)) {
      this.#apply(event.kind, event.peel, origin + event.atMs);
    }
    const skipped = schedule.advance(nowMs, (peel, dueMs) => this.#laneOf(peel).beat(peel, origin + dueMs));
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
    const peel = this.#fleet.order.places[number] as number;
    const lane = this.#laneOf(peel);
    if (kind === "join") lane.join(peel, atMono);
    else if (kind === "leave") lane.leave(peel);
    else lane.crash(peel);
    return peel;
  }

  /** Every peel of a connection that is there again beats at once. */
  #resume(index: number): void {
    const nowMono = this.#parts.clock.monoMs();
    const { condition } = this.#fleet.records;
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
    return this.#chance(peel, this.#fleet.records.life[peel] as number, round) < loss;
  }

  /** What is on its way gets its answer; what is not stays where it is. */
  async #finish(): Promise<void> {
    const { config, clock } = this.#parts;
    const { condition } = this.#fleet.records;
    for (const lane of this.#lanes) lane.drop();
    if (config.leave) {
      for (let peel = 0; peel < condition.length; peel += 1) {
        if (condition[peel] === ALIVE) this.#laneOf(peel).leave(peel);
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
