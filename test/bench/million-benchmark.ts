import assert from "node:assert/strict";
import type { Benchmark, Measurement } from "./benchmark.ts";
import { type FleetTrial, type ProcessShare, runFleetTrial } from "./fleet-trial.ts";
import { median } from "./statistics.ts";

const MILLION = { peels: 1_000_000, intervalMs: 10_000, rampMs: 120_000, steadyMs: 300_000, killed: 1_000 };
const BRIEF = { peels: 20_000, intervalMs: 2_000, rampMs: 1_000, steadyMs: 6_000, killed: 100 };
/** Another size, for a machine that does not hold a million, and to see how cost grows: `FLEET_BENCH_PEELS=500000`. */
const PEELS = Number(process.env["FLEET_BENCH_PEELS"] ?? MILLION.peels);

export const millionBenchmark: Benchmark = {
  name: "million",
  summary: "a million peels at 10 s for five minutes, of which a thousand are then killed",
  measures:
    "One nats-server with the heartbeat bucket in memory, one master and the swarm, on one machine: as many peels as the first row says join over two minutes, beat for five, and 1,000 are killed. The design asks for 1,000,000 of them; all else is held against those that this run had. The gauge is read every 5 s, and every transition that reaches the roster is listened to. CPU is per acknowledged beat; where it goes, and what a million would take, is in [scaling.md](scaling.md).",
  leavesOut:
    "connections: the swarm's peels share two. A connection for each costs the broker many times as much for each beat, and memory (see `connections`).",
  runs: 1,
  onlyNamed: true,
  async run({ serverPath, brief, note }) {
    assert.ok(Number.isInteger(PEELS) && PEELS > 0, "FLEET_BENCH_PEELS is a whole number above 0");
    const trial = await runFleetTrial({ serverPath, note, ...(brief ? BRIEF : { ...MILLION, peels: PEELS }) });
    return [...whatIsTold(trial, brief ? BRIEF.peels : PEELS), ...whatItCosts(trial)];
  },
};

function whatIsTold(trial: FleetTrial, peels: number): Measurement[] {
  const { samples, toldMeanwhile, toldAfterwards, killed, detectionMs, accounts } = trial;
  const isKilled = new Set(killed);
  const found = toldAfterwards.filter(({ id, reason }) => isKilled.has(id) && reason === "expired").length;
  const gauges = samples.map(({ connectedPeels }) => connectedPeels ?? Number.NaN);
  const ofThisRun = { what: "peels of this run", value: peels };
  return [
    { what: "peels", unit: "", value: peels, budget: { least: MILLION.peels } },
    {
      what: "gauge, least, held against the peels of this run",
      unit: "",
      value: Math.min(...gauges),
      limit: ofThisRun,
      budget: { least: peels },
    },
    {
      what: "gauge, most, held against the peels of this run",
      unit: "",
      value: Math.max(...gauges),
      limit: ofThisRun,
      budget: { most: peels },
    },
    {
      what: "gauge readings at which the master could not see",
      unit: "",
      value: samples.filter(({ valid }) => valid !== 1).length,
      budget: { most: 0 },
    },
    { what: "transitions told while nothing happened", unit: "", value: toldMeanwhile.length, budget: { most: 0 } },
    { what: "killed peels found", unit: "", value: found, budget: { least: killed.length } },
    { what: "others told after the kill", unit: "", value: toldAfterwards.length - found, budget: { most: 0 } },
    { what: "found past the TTL, median", unit: "ms", value: median(detectionMs), budget: { most: 100 } },
    { what: "found past the TTL, latest", unit: "ms", value: Math.max(...detectionMs) },
    { what: "beats acknowledged", unit: "1/s", value: trial.beatsPerSecond },
    {
      what: "beats sent late, of those due",
      unit: "%",
      value: ((accounts.beats.late + accounts.beats.unsent) / accounts.beats.due) * 100,
    },
    { what: "beats that missed their TTL", unit: "", value: accounts.beats.missedTtl, budget: { most: 0 } },
    { what: "from the last join to the whole roster", unit: "ms", value: trial.settledMs },
  ];
}

function whatItCosts({ broker, master, swarm }: FleetTrial): Measurement[] {
  const parts: readonly (readonly [string, ProcessShare])[] = [
    ["broker", broker],
    ["master", master],
    ["swarm", swarm],
  ];
  return parts.flatMap(([name, { cpuUsPerBeat, cores, rssMb }]) => [
    { what: `${name}, CPU a beat`, unit: "us", value: cpuUsPerBeat },
    { what: `${name}, cores`, unit: "", value: cores },
    { what: `${name}, memory`, unit: "MB", value: rssMb },
  ]);
}
