import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import type { TestContext } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import type { Connection } from "@fleet/bus";
import { sleep, systemClock } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import type { RosterRecord } from "@fleet/wire";
import type { DaemonProcess } from "../end-to-end/daemon-process.ts";
import { holdingsOf } from "../end-to-end/lease-holdings.ts";
import { readRosterTerms } from "../end-to-end/lease-records.ts";
import { type RunningSwarm, startSwarm } from "../integration/swarm-members.ts";
import { type Fleet, startFleetOf } from "./fleet.ts";
import { readHistory, type StoredTransition } from "./roster-history.ts";

const INTERVAL_MS = 1_000;
const TTL_MS = 5_000;
const MASTER_FLAGS = {
  "heartbeat-interval": `${INTERVAL_MS}ms`,
  "heartbeat-ttl": `${TTL_MS}ms`,
  "lease-ttl": "2s",
  // They say then when they have written what the one before them left.
  "log-level": "debug",
};
const PEELS_AT_ONCE = 5;
/** One that crashed comes back when its crash was surely told. */
const CRASHED_MS = TTL_MS + 4_000;
/** One that left comes back while a dead master's lease still runs. */
const LEFT_MS = 500;
/** A master has to see for so long before the other one may be struck: what happens is then known to at least one. */
const STEADY_MS = 1_000;
const LONG_PATIENCE = { timeoutMs: 120_000 };

export interface StruckFleetOptions {
  /** Half of them crash, half of them leave. */
  readonly peels: number;
  /** Masters that are killed, or stopped for a while. */
  readonly masterBlows: number;
  /** Times that peels are struck at least, a handful at a time. */
  readonly peelBlows: number;
}

/** What has happened to a peel, as the roster should say it. */
interface Event {
  /** `unknown`: it said goodbye, and nobody knows whether the broker has it. */
  readonly reason: RosterRecord["reason"] | "unknown";
  readonly session: string;
}

/** The machine was so slow that masters doubted what they saw, or peels were away that should have been here. */
class SlowMachine extends Error {}

const ATTEMPTS = 3;

/**
 * Strikes two masters, and the peels that they see, at random (`CHAOS_SEED` says how), and checks that what the roster then says
 * of every peel is what happened to it, exactly. A machine that was too slow to tell is given more attempts.
 */
export async function assertExactRoster(t: TestContext, options: StruckFleetOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await strikeFleet(t, options);
    } catch (error) {
      if (!(error instanceof SlowMachine) || attempt === ATTEMPTS) throw error;
      t.diagnostic(`${error.message}; once more`);
    }
  }
}

async function strikeFleet(t: TestContext, { peels, masterBlows, peelBlows }: StruckFleetOptions): Promise<void> {
  const seed = Number(process.env["CHAOS_SEED"] ?? randomInt(2 ** 31));
  t.diagnostic(`CHAOS_SEED=${seed}`);
  const random = randomOf(seed);
  await using server = await startTestServer();
  await using fleet = await startFleetOf({ urls: [server.url] });
  const masters = new Masters(fleet, random);
  await masters.untilSteady();

  const happened = new Map<string, Event[]>();
  const leaving = new Set<string>();
  const startHalf = (prefix: string) =>
    startSwarm(server.url, {
      peels: String(peels / 2),
      prefix,
      interval: `${INTERVAL_MS}ms`,
      ttl: `${TTL_MS}ms`,
      seed: String(seed),
      onChange({ id, condition, session, lives }) {
        const reason = condition === "crashed" && leaving.has(id) ? "unknown" : reasonFor(condition, lives);
        if (condition === "leaving") leaving.add(id);
        else leaving.delete(id);
        if (!reason) return;
        const events = happened.get(id);
        if (events) events.push({ reason, session });
        else happened.set(id, [{ reason, session }]);
      },
    });
  await using crashers = await startHalf("crasher-");
  await using leavers = await startHalf("leaver-");
  await eventually(async () => assert.equal((await readHistory(fleet.connection)).size, peels), LONG_PATIENCE);

  const startedAt = Date.now();
  const halves = [
    new Peels(crashers, { ending: "crash", awayMs: CRASHED_MS, random }),
    new Peels(leavers, { ending: "leave", awayMs: LEFT_MS, random }),
  ];
  let isOver = false;
  const strikingPeels = (async () => {
    for (let blows = 0; blows < peelBlows || !isOver; blows += 1) {
      for (const half of halves) half.strike();
      await sleep(systemClock, random() * 500);
    }
  })();
  for (let blows = 0; blows < masterBlows; blows += 1) await masters.strike();
  isOver = true;
  await strikingPeels;
  const struckMs = Date.now() - startedAt;
  t.diagnostic(
    `${masters.blows.join(", ")}; peels: ${JSON.stringify(halves.map(({ struck }) => struck))} in ${struckMs} ms`,
  );

  await masters.untilSteady();
  const isExact = async () => {
    const history = await readHistory(fleet.connection);
    assertSame(history, happened);
    return history;
  };
  try {
    await eventually(isExact, { timeoutMs: TTL_MS + 15_000, everyMs: 1_000 });
    // Nothing comes after it.
    await sleep(systemClock, TTL_MS);
    assertTermsGrow(await isExact());
  } catch (error) {
    const missed = crashers.swarm.accounts.beats.missedTtl + leavers.swarm.accounts.beats.missedTtl;
    const { doubts } = masters;
    if (missed === 0 && doubts.length === 0) throw error;
    const cause = { cause: error };
    throw new SlowMachine(`the machine was too slow: ${missed} beats missed their TTL; ${doubts.join("; ")}`, cause);
  }
  const most = Math.max(...[...happened.values()].map(({ length }) => length));
  t.diagnostic(`${[...happened.values()].flat().length} transitions, at most ${most} of one peel`);
  await masters.assertUnharmed(fleet.connection);
}

function reasonFor(condition: string, lives: number): RosterRecord["reason"] | undefined {
  if (condition === "alive") return lives === 1 ? "joined" : "returned";
  if (condition === "left") return "left";
  // A simulated peel cannot be probed: its last beat has to expire.
  return condition === "crashed" ? "expired" : undefined;
}

interface PeelsOptions {
  readonly ending: "crash" | "leave";
  /** For how long one stays away at least. */
  readonly awayMs: number;
  readonly random: () => number;
}

/** Strikes peels: they end, and come back in another session. */
class Peels {
  readonly struck = { crash: 0, leave: 0, join: 0 };
  readonly #running: RunningSwarm;
  readonly #options: PeelsOptions;
  /** When those that are away may come back, in the order in which they went. */
  readonly #away: number[] = [];

  constructor(running: RunningSwarm, options: PeelsOptions) {
    this.#running = running;
    this.#options = options;
  }

  strike(): void {
    const { ending, awayMs, random } = this.#options;
    const kind = random() < 0.5 ? ending : "join";
    const wanted = 1 + Math.floor(random() * PEELS_AT_ONCE);
    for (let count = 0; count < wanted; count += 1) {
      if (kind === "join" && !((this.#away[0] ?? Number.POSITIVE_INFINITY) <= Date.now())) return;
      if (this.#running.swarm.intervene(kind, 1).length === 0) return;
      this.struck[kind] += 1;
      if (kind === "join") this.#away.shift();
      else this.#away.push(Date.now() + awayMs);
    }
  }
}

/** Two masters, of which one is struck when the other sees. */
class Masters {
  readonly blows: string[] = [];
  readonly #fleet: Fleet;
  readonly #random: () => number;
  readonly #all: DaemonProcess[] = [];
  #two: readonly [DaemonProcess, DaemonProcess];
  #resumedAt = 0;

  constructor(fleet: Fleet, random: () => number) {
    this.#fleet = fleet;
    this.#random = random;
    this.#two = [this.#start(), this.#start()];
  }

  async strike(): Promise<void> {
    await this.untilSteady();
    const place = this.#random() < 0.5 ? 0 : 1;
    const struck = this.#two[place];
    const role = holdingsOf(this.#all).at(-1)?.master === struck ? "holder" : "other";
    if (this.#random() < 0.3) {
      const stoppedMs = Math.round(500 + this.#random() * 5_500);
      this.blows.push(`${role} stopped for ${stoppedMs} ms`);
      struck.signal("SIGSTOP");
      await sleep(systemClock, stoppedMs);
      struck.signal("SIGCONT");
      this.#resumedAt = Date.now();
    } else {
      this.blows.push(`${role} killed`);
      struck.signal("SIGKILL");
      await sleep(systemClock, this.#random() * 2_000);
      const other = this.#two[1 - place] as DaemonProcess;
      this.#two = [this.#start(), other];
    }
  }

  /** Resolves when both see and one of them writes the roster. */
  async untilSteady(): Promise<void> {
    await eventually(async () => {
      const sinceAt = Date.now() - STEADY_MS;
      assert.ok(this.#resumedAt < sinceAt);
      for (const { id, lines } of this.#two) {
        const last = lines.findLast(({ msg }) => msg.startsWith("presence certain") || msg.startsWith("presence not"));
        assert.ok(last?.msg === "presence certain" && last.time < sinceAt, `${id} does not see`);
      }
      const holding = holdingsOf(this.#two).at(-1);
      assert.ok(holding && holding.until === Number.POSITIVE_INFINITY && holding.from < sinceAt, "nobody publishes");
      const opened = (await readRosterTerms(this.#fleet.connection)).at(-1);
      assert.equal(opened?.holder, holding.master.id);
      const { lines } = holding.master;
      const upToDate = lines.findLast(({ msg, time }) => msg === "roster opened" && time >= holding.from);
      assert.ok(upToDate && upToDate.time < sinceAt, "the roster is behind");
    }, LONG_PATIENCE);
  }

  /** What masters have logged that nobody would here who sees in time: they then have no history to be held to. */
  get doubts(): readonly string[] {
    const all = this.#all.flatMap(({ id, lines }) => lines.map(({ msg, reason = "" }) => `${id}: ${msg} ${reason}`));
    return all.filter((line) => line.includes("very many peels"));
  }

  /** No master has failed to write, other than by losing the lease. */
  async assertUnharmed(connection: Connection): Promise<void> {
    const terms = await readRosterTerms(connection);
    terms.forEach(({ term }, index) => {
      assert.ok(term > (terms[index - 1]?.term ?? 0));
    });
    const errors = this.#all.flatMap(({ lines }) => lines.filter(({ level }) => level === "ERROR"));
    assert.deepEqual(errors, []);
  }

  #start(): DaemonProcess {
    const master = this.#fleet.startMaster(`master-${this.#all.length + 1}`, MASTER_FLAGS);
    this.#all.push(master);
    return master;
  }
}

/** Compares by what was told and of whom; the first peels that differ are shown. */
function assertSame(
  history: ReadonlyMap<string, readonly StoredTransition[]>,
  happened: ReadonlyMap<string, readonly Event[]>,
): void {
  const inWords = (events: readonly { reason: string; session?: string | undefined }[] = []) =>
    events.map(({ reason, session }) => `${reason} ${session?.slice(-10)};`);
  const different = [...new Set([...happened.keys(), ...history.keys()])].flatMap((id) => {
    const [said, was] = [inWords(history.get(id)), inWords(happened.get(id))];
    const at = (history.get(id) ?? []).map(({ since, term }) => `${new Date(since).toISOString()} term ${term}`);
    const pattern = was.join("").replaceAll(/unknown (\w+;)/g, "((left|expired) $1)?");
    return new RegExp(`^${pattern}$`).test(said.join("")) ? [] : [{ id, said, was, at }];
  });
  assert.equal(different.length, 0, JSON.stringify(different.slice(0, 5), undefined, 1));
}

function assertTermsGrow(history: ReadonlyMap<string, readonly StoredTransition[]>): void {
  const all = [...history.values()].flat().sort((left, right) => left.revision - right.revision);
  all.forEach(({ term }, index) => {
    assert.ok(term >= (all[index - 1]?.term ?? 0), "a deposed master has written");
  });
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
