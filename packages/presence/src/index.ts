export { type Availability, availabilityOf, type PeelSpell, spellsOf } from "./availability.ts";
export { beatDeadlineMs, beatPhaseMs, nextBeatMono, retryBeatMono } from "./beat-schedule.ts";
export {
  type ConnectionSignal,
  type ConnectionSignalParts,
  createConnectionSignal,
  type PeelGone,
} from "./connection-signal.ts";
export { type PresenceErrorCode, presenceErrors } from "./errors.ts";
export { createFactsMirror, type FactsMirror, type FactsMirrorParts, type FactsView } from "./facts-mirror.ts";
export { createHeartbeat, createPresence, type HeartbeatOptions, type PresenceOptions } from "./from-connection.ts";
export {
  type BeatOutcome,
  createHeartbeatPublisher,
  type HeartbeatPublisher,
  type HeartbeatPublisherParts,
} from "./heartbeat-publisher.ts";
export { type HeartbeatTimingOptions, heartbeatTimingShape, withTimingRelation } from "./heartbeat-timing.ts";
export { type ListedFacts, readListedFacts } from "./listed-facts.ts";
export { createLiveView, type LiveView, type LiveViewParts, SKEW_EVERY } from "./live-view.ts";
export { createMarkerSweeper, type MarkerSweeper, type MarkerSweeperParts } from "./marker-sweeper.ts";
export { RESYNC_CAUSES, type ResyncCause } from "./observer.ts";
export { partitionOption } from "./partition-option.ts";
export { createPeelCounter, type PeelCounter, type PeelCounterParts } from "./peel-counter.ts";
export { createPeelMatcher, type FilteredPeel, isPattern } from "./peel-filter.ts";
export { type PeelHistory, readPeelHistory } from "./peel-history.ts";
export {
  explainState,
  isOnline,
  type ListedPeel,
  type ListPeelsParts,
  listPeels,
  type PeelListing,
} from "./peel-listing.ts";
export { type CountedPeel, createPeelTally, type PeelTally, sizeOf } from "./peel-tally.ts";
export {
  createPresenceClient,
  type PeelAnswer,
  type PresenceClient,
  type PresenceClientOptions,
} from "./presence-client.ts";
export { createPresenceService, type PresenceServiceParts } from "./presence-service.ts";
export type { PeelPresence, PresenceView } from "./presence-view.ts";
export {
  createProber,
  MAX_PROBES_IN_FLIGHT,
  type ProbeOptions,
  type ProbeResult,
  type Prober,
  type ProberParts,
} from "./prober.ts";
export { createRoster, type Roster, type RosterParts, type RosterTerm } from "./roster.ts";
export { createRosterFollower, type RosterFollowerParts, type RosterNews } from "./roster-follower.ts";
export { type RosterRecords, readRoster } from "./roster-records.ts";
export {
  PEEL_STATES,
  type PeelState,
  TRANSITION_REASONS,
  type Transition,
  type TransitionReason,
} from "./transition.ts";
export { createTransitionLog, type TransitionLog } from "./transition-log.ts";
