import type { Clock } from "@fleet/runtime";
import { type BeatOrder, createBeatOrder } from "./beat-order.ts";
import { createPeelNames } from "./peel-names.ts";
import { PeelRecords } from "./peel-records.ts";
import { createPeelSessions, type PeelSessions } from "./peel-sessions.ts";
import { createSwarmCensus, type SwarmCensus } from "./swarm-census.ts";
import type { SwarmConfig } from "./swarm-options.ts";
import { createSwarmPlan, type SwarmPlan } from "./swarm-plan.ts";
import { createSwarmSchedule, type SwarmSchedule } from "./swarm-schedule.ts";

/** The peels of a swarm: who they are, when they beat, and who comes and goes when. */
export interface SimulatedFleet {
  /** Peels beyond those that join at the beginning. */
  readonly spare: number;
  readonly records: PeelRecords;
  readonly order: BeatOrder;
  readonly sessions: PeelSessions;
  readonly census: SwarmCensus;
  readonly plan: SwarmPlan;
  readonly schedule: SwarmSchedule;
}

export interface SimulatedFleetParts {
  readonly config: SwarmConfig;
  readonly spare: number;
  /** A KSUID, from which the sessions of all peels are made. */
  readonly session: string;
  readonly clock: Clock;
}

/** Creates a fleet of which no peel has come yet. */
export function createSimulatedFleet({ config, spare, session, clock }: SimulatedFleetParts): SimulatedFleet {
  const { intervalMs } = config;
  const count = config.peels + spare;
  const records = new PeelRecords(count);
  const order = createBeatOrder({ count, names: createPeelNames(config.prefix, count), intervalMs });
  const sessions = createPeelSessions(session);
  return {
    spare,
    records,
    order,
    sessions,
    census: createSwarmCensus({ records, names: order.names, sessions, clock }),
    plan: createSwarmPlan({ ...config, spare }),
    schedule: createSwarmSchedule({ phasesMs: order.phasesMs, intervalMs }),
  };
}
