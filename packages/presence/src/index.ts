export { beatDeadlineMs, beatPhaseMs, nextBeatMono, retryBeatMono } from "./beat-schedule.ts";
export {
  type ConnectionSignal,
  type ConnectionSignalParts,
  createConnectionSignal,
  type PeelGone,
} from "./connection-signal.ts";
export {
  createHeartbeatListener,
  type HeartbeatListener,
  type HeartbeatListenerParts,
} from "./heartbeat-listener.ts";
export {
  type BeatOutcome,
  createHeartbeatPublisher,
  type HeartbeatPublisher,
  type HeartbeatPublisherParts,
} from "./heartbeat-publisher.ts";
export { type HeartbeatTimingOptions, heartbeatTimingShape, withTimingRelation } from "./heartbeat-timing.ts";
export { createMarkerSweeper, type MarkerSweeper, type MarkerSweeperParts } from "./marker-sweeper.ts";
export { createPeelCounter, type PeelCounter, type PeelCounterParts } from "./peel-counter.ts";
export { type ListedPeel, type ListPeelsParts, listPeels, type PeelListing } from "./peel-listing.ts";
export type { PeelPresence, PresenceView } from "./presence-view.ts";
export {
  createProber,
  MAX_PROBES_IN_FLIGHT,
  type ProbeOptions,
  type ProbeResult,
  type Prober,
  type ProberParts,
} from "./prober.ts";
export { type PeelState, TRANSITION_REASONS, type Transition, type TransitionReason } from "./transition.ts";
