/*
 * What a peel needs of this package, by a door of its own: it has to start quickly, and a master's side is nine tenths of
 * what there is to load.
 */
export { type BeatOutcome, createHeartbeatPublisher, type HeartbeatPublisher } from "./heartbeat-publisher.ts";
export { type HeartbeatTimingOptions, heartbeatTimingShape, withTimingRelation } from "./heartbeat-timing.ts";
export { createProber } from "./prober.ts";
