import { isDeepStrictEqual } from "node:util";
import { type LogFields, type Logger, sleep } from "@fleet/runtime";
import { createFakeClock, type FakeClock } from "@fleet/runtime/testing";
import { createLiveView, type LiveView } from "../../live-view.ts";
import type { ProbeResult } from "../../prober.ts";
import type { Transition } from "../../transition.ts";
import { type ConnectionTwin, createConnectionTwin } from "../connection-twin.ts";
import { createRandom, type Random } from "./random.ts";
import { MAX_DELAY_MS, SimulatedBroker } from "./simulated-broker.ts";
import { SimulatedPeel } from "./simulated-peel.ts";
import { SimulatedProcess } from "./simulated-process.ts";

export interface HistoryOptions {
  /** The observer's wall clock jumps by hours. @default true */
  readonly jumps?: boolean;
}

/** What came of one history. */
export interface HistoryOutcome {
  /** What must never happen and did; `undefined` if nothing. */
  readonly violation: string | undefined;
  /** What was told: `12.345 web1 online joined`. */
  readonly told: readonly string[];
  /** All that happened, for a reader. */
  readonly lines: readonly string[];
}

const TTL_MS = 30_000;
const INTERVAL_MS = 10_000;
const COUNT_MS = 15_000;
/** A peel that is well is heard of within this time of becoming so, even where a message is slow. */
const HEARD_WITHIN_MS = 2_000;
/** Longest time for what has to be asked before a loss is told. */
const ASK_MS = 3_000;

/** A fleet, a broker, an observer, and what happens to them: all of it follows from the seed. */
export async function playHistory(seed: number, options: HistoryOptions = {}): Promise<HistoryOutcome> {
  return await new PresenceHistory(seed, options).play();
}

class PresenceHistory {
  readonly #world: FakeClock = createFakeClock();
  readonly #random: Random;
  readonly #broker: SimulatedBroker;
  readonly #process: SimulatedProcess;
  readonly #connection: ConnectionTwin = createConnectionTwin("connected");
  readonly #view: LiveView;
  readonly #jumps: boolean;
  /** Every process that ever was, by peel. */
  readonly #peels = new Map<string, SimulatedPeel[]>();
  readonly #last = new Map<string, Transition>();
  readonly #told: string[] = [];
  readonly #lines: string[] = [];
  #violation: string | undefined;
  #sessions = 0;

  constructor(seed: number, { jumps = true }: HistoryOptions) {
    const world = this.#world;
    this.#random = createRandom(seed);
    this.#jumps = jumps;
    this.#broker = new SimulatedBroker({ world, random: this.#random, ttlMs: TTL_MS });
    this.#process = new SimulatedProcess(world);
    const { clock } = this.#process;
    this.#view = createLiveView({
      bucket: this.#broker.bucketFor(this.#process),
      connection: { ...this.#twin(), flush: () => this.#broker.flush(this.#process) },
      prober: { probe: (id) => this.#probe(id) },
      ttlMs: TTL_MS,
      intervalMs: INTERVAL_MS,
      clock,
      random: createRandom(seed + 1),
      logger: this.#createLogger(),
    });
    this.#view.onTransition((transition) => this.#onTransition(transition));
  }

  async play(): Promise<HistoryOutcome> {
    const random = this.#random;
    const size = random.pick([1, 3, 8, 8, 30]);
    for (let index = 0; index < size; index += 1) {
      this.#world.setTimer(index === 0 ? 0 : random.between(0, INTERVAL_MS), () => this.#begin(`web${index}`));
    }
    const controller = new AbortController();
    const running = this.#view.run(controller.signal);
    const counting = this.#count(controller.signal);
    await this.#pass(random.between(0, 2 * TTL_MS));
    const strikes = Math.floor(random.between(1, 10));
    for (let made = 0; made < strikes && !this.#violation; made += 1) {
      await this.#strike();
      await this.#pass(random.chance(0.5) ? random.between(0, 5_000) : random.between(0, 1.5 * TTL_MS));
    }
    await this.#calmDown();
    controller.abort();
    await this.#world.advance(ASK_MS);
    await Promise.all([running, counting]);
    if (this.#connection.listeners > 0) this.#violate("a listener was left behind");
    return { violation: this.#violation, told: this.#told, lines: this.#lines };
  }

  /** Ends all adversity, and compares what is told with what is, when it must be known. */
  async #calmDown(): Promise<void> {
    const broker = this.#broker;
    this.#note("calm");
    broker.lossProbability = 0;
    broker.twiceProbability = 0;
    broker.isMute = false;
    broker.hasBucket = true;
    this.#process.resume();
    if (!broker.isUp) this.#brokerBack();
    if (!broker.isObserved) this.#reconnect();
    for (const peel of this.#all()) peel.resume();
    // What is deaf is known by then, in the worst case when somebody seems to expire, or by the count.
    await this.#pass(2 * TTL_MS + TTL_MS + COUNT_MS * 3 + ASK_MS);
    if (this.#view.blindness !== undefined) this.#violate(`still blind: ${this.#view.blindness}`);
    for (const [id, processes] of this.#peels) {
      const expected = expectedState(processes);
      const actual = this.#view.get(id)?.state ?? "offline";
      const isSame = actual === expected || (expected === "online" && actual === "late");
      if (!isSame) this.#violate(`${id} is ${expected}, and shown ${actual}`);
    }
  }

  async #pass(durationMs: number): Promise<void> {
    let leftMs = durationMs;
    while (leftMs > 0 && !this.#violation) {
      const stepMs = Math.min(leftMs, 5_000);
      await this.#world.advance(stepMs);
      leftMs -= stepMs;
      this.#checkCounts();
    }
  }

  async #count(signal: AbortSignal): Promise<void> {
    const bucket = this.#broker.bucketFor(this.#process);
    const { clock } = this.#process;
    while (!signal.aborted) {
      await sleep(clock, COUNT_MS, signal);
      if (signal.aborted || this.#connection.state !== "connected") continue;
      await bucket.state().then(
        (state) => this.#view.compare(state),
        () => {},
      );
    }
  }

  async #strike(): Promise<void> {
    const random = this.#random;
    const broker = this.#broker;
    const living = this.#all().filter(({ isAlive }) => isAlive);
    const peel = random.pick(living.length > 0 && random.chance(0.9) ? living : this.#all());
    const seconds = (longest: number) => random.between(0, longest) * 1_000;
    const strikes: Record<string, () => void | Promise<void>> = {
      "a peel crashes": () => peel.crash(),
      "a peel leaves": () => peel.leave(),
      "a peel hangs": () => peel.hang(),
      "peels resume": () => {
        for (const each of this.#all()) each.resume();
      },
      "a peel restarts": () => {
        if (random.chance(0.5)) peel.leave();
        else peel.crash();
        this.#begin(peel.id);
      },
      "a peel is started anew": () => {
        if (!this.#all().some(({ id, isAlive }) => id === peel.id && isAlive)) this.#begin(peel.id);
      },
      "a second process has its id": () => this.#begin(peel.id),
      "its old process ends late": () => {
        this.#begin(peel.id);
        this.#world.setTimer(seconds(3), () => peel.leave());
      },
      "half the fleet crashes": () => {
        for (const each of this.#all()) if (random.chance(0.5)) each.crash();
      },
      "messages are lost": () => {
        broker.lossProbability = random.pick([0, 0.05, 0.3]);
      },
      "messages come twice": () => {
        broker.twiceProbability = random.pick([0, 0.1, 0.5]);
      },
      "the observer is deaf": () => {
        broker.isDeaf = true;
      },
      "the observer is disconnected": async () => {
        this.#disconnect();
        await this.#pass(seconds(random.pick([1, 20, 100])));
        if (broker.isUp) this.#reconnect();
      },
      "the observer is stopped": async () => {
        this.#process.stop();
        await this.#pass(seconds(random.pick([2, 20, 100])));
        this.#process.resume();
      },
      "the broker restarts": async () => {
        if (!broker.isUp) return;
        this.#disconnect();
        broker.isUp = false;
        for (const each of this.#all()) each.brokerLost();
        await this.#pass(seconds(random.pick([2, 20, 100])));
        if (random.chance(0.3)) broker.loseBucket();
        this.#brokerBack();
      },
      "JetStream answers nobody": async () => {
        // The same here: and blindness ends all the same.
        if (broker.isDeaf || broker.lossProbability > 0) return;
        broker.isMute = true;
        await this.#pass(seconds(random.pick([10, 100])));
        broker.isMute = false;
      },
      "the bucket is deleted": async () => {
        broker.loseBucket();
        broker.hasBucket = false;
        await this.#pass(seconds(20));
        broker.hasBucket = true;
      },
      "the wall clock of the observer jumps": () => {
        const hours = random.between(-5, 5);
        if (this.#jumps) this.#process.jumpWall(hours * 3_600_000);
      },
      "the wall clock of the broker jumps on": () => {
        // It empties the bucket. Whoever is deaf as well has nothing left to know by.
        if (!broker.isDeaf && broker.lossProbability === 0) broker.jumpWall(random.between(0, 5) * 3_600_000);
      },
    };
    const what = random.pick(Object.keys(strikes));
    this.#note(`${what} (${peel.id} ${peel.session})`);
    await strikes[what]?.();
  }

  #begin(id: string): void {
    this.#sessions += 1;
    const parts = { world: this.#world, broker: this.#broker, random: this.#random, intervalMs: INTERVAL_MS };
    const processes = this.#peels.get(id) ?? [];
    this.#peels.set(id, processes);
    processes.push(new SimulatedPeel(id, `s${this.#sessions}`, parts));
    this.#note(`${id} s${this.#sessions} begins`);
  }

  #disconnect(): void {
    this.#broker.isObserved = false;
    this.#process.receive(() => this.#connection.become("disconnected"));
  }

  #reconnect(): void {
    this.#note("the observer is connected");
    this.#broker.isObserved = true;
    this.#broker.isDeaf = false;
    this.#process.receive(() => this.#connection.become("connected"));
  }

  #brokerBack(): void {
    this.#note("the broker is back");
    this.#broker.isUp = true;
    for (const peel of this.#all()) peel.brokerBack();
    this.#world.setTimer(this.#random.between(0, 1_000), () => this.#broker.isUp && this.#reconnect());
  }

  #probe(id: string): Promise<ProbeResult> {
    const broker = this.#broker;
    const delayMs = this.#random.between(0, 20);
    return new Promise((resolve) => {
      const end = (afterMs: number, result: ProbeResult) =>
        this.#world.setTimer(afterMs, () => this.#process.receive(() => resolve(result)));
      if (!broker.isUp || !broker.isObserved) end(0, { kind: "unknown", reason: "not connected" });
      else if (!this.#peels.get(id)?.some(({ isReachable }) => isReachable)) end(delayMs, { kind: "no-responders" });
      else end(2_000, { kind: "timeout" });
    });
  }

  #onTransition(transition: Transition): void {
    const { id, state, reason, session, mass } = transition;
    const nowMono = this.#world.monoMs();
    const line = `${(nowMono / 1_000).toFixed(3)} ${id} ${state} ${reason} ${session}${mass ? " mass" : ""}`;
    this.#told.push(line);
    this.#lines.push(`    ${line}`);
    const before = this.#last.get(id);
    this.#last.set(id, transition);
    if (this.#view.blindness !== undefined && !mass) this.#violate(`${line}: told while ${this.#view.blindness}`);
    if (reason === "joined" && before) this.#violate(`${line}: joined again`);
    if (before?.state === state && !(state === "online" && before.session !== session)) {
      this.#violate(`${line}: after ${before.state}`);
    }
    if (state !== "offline") return;
    // A goodbye that was heard while nobody could see is told afterwards, whatever came after it.
    const suspects = this.#peels.get(id)?.filter((process) => reason !== "left" || process.session === session);
    const well = suspects?.find((process) => this.#isSurelyHere(process));
    if (well) this.#violate(`${line}: ${well.session} is well`);
  }

  /** Whether nothing but the broker and the observer can have kept this one from being heard. */
  #isSurelyHere({ isWell, healthyMono }: SimulatedPeel): boolean {
    return isWell && this.#world.monoMs() - healthyMono > HEARD_WITHIN_MS + MAX_DELAY_MS;
  }

  #checkCounts(): void {
    const counts = { online: 0, late: 0, offline: 0, conflict: 0 };
    const versions: Record<string, number> = {};
    for (const { state, version } of this.#view.peels()) {
      counts[state] += 1;
      if (state !== "offline") versions[version] = (versions[version] ?? 0) + 1;
    }
    const there = { ...counts, versions };
    const counted = { ...this.#view.counts, versions: Object.fromEntries(this.#view.versions) };
    if (!isDeepStrictEqual(counted, there)) {
      this.#violate(`counted ${JSON.stringify(counted)}, there are ${JSON.stringify(there)}`);
    }
  }

  #all(): SimulatedPeel[] {
    return [...this.#peels.values()].flat();
  }

  /** The connection as the view has it, whose state is known when the process runs. */
  #twin() {
    const connection = this.#connection;
    return {
      get state() {
        return connection.state;
      },
      onState: connection.onState,
    };
  }

  /** What the observer logs stands among the lines. */
  #createLogger(): Logger {
    const at = (message: string, fields: LogFields = {}) => this.#note(`  ${message} ${JSON.stringify(fields)}`);
    const logger: Logger = { debug: at, info: at, warn: at, error: at, with: () => logger };
    return logger;
  }

  #note(what: string): void {
    this.#lines.push(`${(this.#world.monoMs() / 1_000).toFixed(3)} ${what}`);
  }

  #violate(what: string): void {
    this.#violation ??= `${(this.#world.monoMs() / 1_000).toFixed(3)} ${what}`;
  }
}

/** What a peel is, whose processes have been left alone for long. */
function expectedState(processes: readonly SimulatedPeel[]): "online" | "offline" | "conflict" {
  const well = processes.filter(({ isWell }) => isWell).length;
  return well === 0 ? "offline" : well === 1 ? "online" : "conflict";
}
