export type { PeelCondition } from "./peel-records.ts";
export { createSwarm, type Swarm, type SwarmParts } from "./swarm.ts";
export type { BeatAccounts, PeelAccounts, SwarmAccounts } from "./swarm-accounts.ts";
export type { SimulatedPeel, SwarmCensus } from "./swarm-census.ts";
export { resolveSwarmOptions, type SwarmConfig, type SwarmOptions } from "./swarm-options.ts";
export type { PlannedEvent } from "./swarm-plan.ts";
