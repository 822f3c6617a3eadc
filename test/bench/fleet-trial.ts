import assert from "node:assert/strict";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { createBucket } from "@fleet/bus";
import { sleep, systemClock } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import type { SwarmAccounts } from "@fleet/swarm";
import { decodeRosterRecord, isPeelId, ROSTER_BUCKET } from "@fleet/wire";
import { metricsOf } from "../end-to-end/daemon-metrics.ts";
import { type DaemonProcess, startDaemon } from "../end-to-end/daemon-process.ts";
import { connectSession } from "../integration/bus-session.ts";
import { type RunningSwarm, startSwarm } from "../integration/swarm-members.ts";
import { cpuMsOf, rssMbOf } from "./process-usage.ts";

export interface FleetTrialOptions {
  readonly serverPath?: string;
  readonly peels: number;
  readonly intervalMs: number;
  /** Time over which the peels join. */
  readonly rampMs: number;
  /** For how long all of them beat and nothing else happens. */
  readonly steadyMs: number;
  /** Peels that are then killed all at once. */
  readonly killed: number;
  /** Tells the person who waits. */
  readonly note?: (text: string) => void;
}

/** What one process of the trial took while nothing but beats happened. */
export interface ProcessShare {
  readonly cpuUsPerBeat: number;
  /** Of one core. */
  readonly cores: number;
  readonly rssMb: number;
}

/** What a master said of the fleet at one moment. */
export interface GaugeSample {
  readonly connectedPeels: number | undefined;
  readonly valid: number | undefined;
  readonly late: number | undefined;
}

/** A transition of a peel as it was written. */
export interface WrittenTransition {
  readonly id: string;
  readonly reason: string;
  /** When it was heard, wall time in ms. */
  readonly heardAt: number;
}

export interface FleetTrial {
  /** Time from the last peel's joining to a roster that has all of them. */
  readonly settledMs: number;
  /** Beats acknowledged in a second of the steady time. */
  readonly beatsPerSecond: number;
  /** The master's gauge every five seconds of the steady time. */
  readonly samples: readonly GaugeSample[];
  /** Everything the roster was told in the steady time: nothing should have happened. */
  readonly toldMeanwhile: readonly WrittenTransition[];
  /** Everything it was told after the kill. */
  readonly toldAfterwards: readonly WrittenTransition[];
  /** The peels that were killed. */
  readonly killed: readonly string[];
  /** From the end of the TTL of each that was killed to its `expired`. */
  readonly detectionMs: readonly number[];
  /** The gauge at the very end. */
  readonly last: GaugeSample;
  readonly accounts: SwarmAccounts;
  readonly broker: ProcessShare;
  readonly master: ProcessShare;
  readonly swarm: ProcessShare;
}

/** The key's age at which it expires, in intervals. */
const TTL_INTERVALS = 3;
const SAMPLE_EVERY_MS = 5_000;
/** How long nothing more has to be told after the last that was killed. */
const REST_MS = 5_000;
const PATIENCE = { timeoutMs: 300_000, everyMs: 1_000 };
/**
 * A broker for one great fleet: nearly every subject comes again only after a million others, so that a cache of them is
 * hardly ever right.
 */
const BROKER_CONFIG = "disable_sublist_cache: true";
/** Memory for CPU: Go otherwise collects each time the heap of a million keys has doubled. */
const BROKER_ENVIRONMENT = { ...process.env, GOGC: "400" };

/**
 * One broker, one master and a swarm: all join, beat for a while, some are killed. Everything is what it is in production but
 * the peels, which share connections.
 */
export async function runFleetTrial(options: FleetTrialOptions): Promise<FleetTrial> {
  const { peels, intervalMs, rampMs, steadyMs, note = () => {} } = options;
  const ttlMs = TTL_INTERVALS * intervalMs;
  await using server = await startTestServer({
    path: options.serverPath,
    config: BROKER_CONFIG,
    environment: BROKER_ENVIRONMENT,
  });
  await using master = startDaemon("master", "master-1", {
    "nats-url": server.url,
    "heartbeat-interval": `${intervalMs}ms`,
    "heartbeat-ttl": `${ttlMs}ms`,
    "heartbeat-storage": "memory",
  });
  await master.untilLogged("leader lease acquired");
  await using running = await startSwarm(server.url, {
    peels: String(peels),
    interval: `${intervalMs}ms`,
    ttl: `${ttlMs}ms`,
    ramp: `${rampMs}ms`,
  });
  note(`${peels} peels have joined`);
  const joinedMono = performance.now();
  await using roster = await hearRoster(server);
  await eventually(async () => {
    assert.equal((await metricsOf(master)).get("connected_peels"), peels);
    assert.ok((await roster.bucket.state()).keys >= peels, "the roster has not all of them");
    // It has other keys too: all of it is there when nothing comes any more.
    assert.equal(roster.told.splice(0).length, 0, "the roster is still being written");
  }, PATIENCE);
  const settledMs = performance.now() - joinedMono;
  note(`the roster has all of them after ${Math.round(settledMs)} ms`);

  const steadyFrom = Date.now();
  const before = await usageOf({ server, master, running });
  const samples: GaugeSample[] = [];
  for (const untilMono = performance.now() + steadyMs; performance.now() < untilMono; ) {
    await sleep(systemClock, Math.min(SAMPLE_EVERY_MS, Math.max(0, untilMono - performance.now())));
    const sample = await sampleOf(master);
    samples.push(sample);
    note(`gauge ${sample.connectedPeels}, late ${sample.late}${sample.valid === 1 ? "" : ", not certain"}`);
  }
  const after = await usageOf({ server, master, running });
  const toldMeanwhile = roster.told.splice(0);

  const killed = running.swarm.intervene("crash", options.killed);
  note(`${killed.length} killed at ${new Date().toISOString()}`);
  const isKilled = new Set(killed);
  await eventually(
    () => {
      const found = new Set(roster.told.filter(({ id }) => isKilled.has(id)).map(({ id }) => id));
      assert.equal(found.size, killed.length, "not all that were killed were found");
    },
    { timeoutMs: ttlMs + 60_000, everyMs: 100 },
  );
  await sleep(systemClock, REST_MS);
  const last = await sampleOf(master);
  noteDoubts(master, steadyFrom, note);
  const { census, accounts } = running.swarm;
  const detectionMs = roster.told.flatMap(({ id, heardAt }) => {
    const beatAt = isKilled.has(id) ? census.find(id)?.heardAt : undefined;
    return beatAt === undefined ? [] : [heardAt - beatAt - ttlMs];
  });

  const beats = after.beats - before.beats;
  const tookMs = after.atMono - before.atMono;
  const shareOf = (name: "broker" | "master" | "swarm"): ProcessShare => {
    const cpuMs = after[name].cpuMs - before[name].cpuMs;
    return { cpuUsPerBeat: (cpuMs * 1_000) / beats, cores: cpuMs / tookMs, rssMb: after[name].rssMb };
  };
  return {
    settledMs,
    beatsPerSecond: (beats * 1_000) / tookMs,
    samples,
    toldMeanwhile,
    toldAfterwards: [...roster.told],
    killed,
    detectionMs,
    last,
    accounts,
    broker: shareOf("broker"),
    master: shareOf("master"),
    swarm: shareOf("swarm"),
  };
}

/** Tells why and since when a master could not see, and what it warned of. */
function noteDoubts(master: DaemonProcess, sinceAt: number, note: (text: string) => void): void {
  for (const { level, msg, time, reason = "" } of master.lines) {
    const isTold = level === "WARN" || msg.startsWith("presence not certain") || msg === "heartbeat bucket read";
    if (isTold && time >= sinceAt) note(`${new Date(time).toISOString()} ${msg} ${reason}`);
  }
}

async function sampleOf(master: DaemonProcess): Promise<GaugeSample> {
  const metrics = await metricsOf(master);
  return {
    connectedPeels: metrics.get("connected_peels"),
    valid: metrics.get("presence_valid"),
    late: metrics.get('peels{state="late"}'),
  };
}

interface TrialProcesses {
  readonly server: RunningServer;
  readonly master: DaemonProcess;
  readonly running: RunningSwarm;
}

/** The swarm runs in this process. */
async function usageOf({ server, master, running }: TrialProcesses) {
  const usage = async (pid: number | undefined) => ({ cpuMs: await cpuMsOf(pid), rssMb: await rssMbOf(pid) });
  const [broker, masterUsage, swarm] = await Promise.all([server.pid, master.command.pid, process.pid].map(usage));
  assert.ok(broker && masterUsage && swarm);
  const { acknowledged } = running.swarm.accounts.beats;
  return { atMono: performance.now(), beats: acknowledged, broker, master: masterUsage, swarm };
}

/** Hears what is written into the roster, as it is written. */
async function hearRoster(server: RunningServer) {
  const session = await connectSession({ urls: [server.url] });
  const told: WrittenTransition[] = [];
  const bucket = createBucket(session.connection, ROSTER_BUCKET);
  const hearing = bucket.hear(({ key, value }) => {
    if (!isPeelId(key)) return;
    const decoded = decodeRosterRecord(value);
    told.push({ id: key, reason: decoded.ok ? decoded.value.reason : "not a record", heardAt: Date.now() });
  });
  await hearing.ready;
  return {
    bucket,
    told,
    async [Symbol.asyncDispose]() {
      hearing.close();
      await session.stop();
    },
  };
}
