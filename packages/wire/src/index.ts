export {
  type BucketSpec,
  bucketStream,
  bucketSubject,
  FACTS_BUCKET,
  factsBucketSpec,
  HEARTBEAT_BUCKET,
  heartbeatBucketSpec,
  keyOfSubject,
} from "./buckets.ts";
export { type Decoded, MALFORMED_REASONS, type MalformedReason } from "./decoded.ts";
export { decodeFacts, encodeFacts, FACTS_MAX_BYTES, type Facts, factText } from "./facts-codec.ts";
export { HEADER_KV_OPERATION, HEADER_SESSION, type KeyOperation, parseKeyOperation } from "./headers.ts";
export {
  decodeHeartbeat,
  encodeHeartbeat,
  HEARTBEAT_MAX_BYTES,
  type Heartbeat,
  PROTOCOL_VERSION,
} from "./heartbeat-codec.ts";
export { createHeartbeatReader, type HeartbeatReader } from "./heartbeat-reader.ts";
export { createHeartbeatWriter, type HeartbeatWriter, type HeartbeatWriterOptions } from "./heartbeat-writer.ts";
export {
  decodeStepDownReply,
  encodeStepDownReply,
  HEADER_ACQUIRED_AT,
  HEADER_TERM,
  LEASE_BUCKET,
  leaseBucketSpec,
  leaseStepDownSubject,
  type StepDownReply,
} from "./leases.ts";
export { encodeCanonicalMap, type WireMap } from "./map-codec.ts";
export { PARTITION_MAX, type PresenceNames, presenceNames } from "./partition.ts";
export { PeelColumns, type WrittenPeels } from "./peel-columns.ts";
export { type PeelSession, parsePeelConnectionName, peelConnectionName } from "./peel-connection-name.ts";
export { isPeelId, PEEL_ID_PATTERN, PEEL_ID_RULE, peelIdFromHostname } from "./peel-id.ts";
export {
  type AnswerHead,
  decodePeelPage,
  encodePeelPage,
  PEEL_PAGE_MAX_BYTES,
  type PeelPage,
} from "./peel-page-codec.ts";
export type { PeelRow } from "./peel-row.ts";
export {
  decodePingReply,
  encodePingReply,
  type PeelStatus,
  PING_REPLY_MAX_BYTES,
  type PingReply,
  peelPingSubject,
  peelPongSubject,
} from "./ping-codec.ts";
export {
  COUNT_GROUPS_MAX,
  type CountAnswer,
  type CountGroup,
  decodeCountAnswer,
  decodeForgetReply,
  decodePeelDetail,
  encodeCountAnswer,
  encodeForgetReply,
  encodePeelDetail,
  PEEL_DETAIL_MAX_BYTES,
  type PeelDetail,
} from "./presence-answer.ts";
export {
  type CountKey,
  type CountQuery,
  decodeCountQuery,
  decodeForgetQuery,
  decodeListQuery,
  decodePageQuery,
  decodeShowQuery,
  encodeCountQuery,
  encodeForgetQuery,
  encodeListQuery,
  encodePageQuery,
  encodeShowQuery,
  type ForgetQuery,
  isCountKey,
  type ListQuery,
  type PageQuery,
  PEEL_STATES,
  type PeelFilter,
  PRESENCE_QUERY_MAX_BYTES,
  PRESENCE_SERVICE,
  type PresenceVerb,
  presencePageSubject,
  presenceSubject,
} from "./presence-query.ts";
export {
  decodeRosterRecord,
  encodeRosterRecord,
  ROSTER_BUCKET,
  ROSTER_REASONS,
  ROSTER_RECORD_MAX_BYTES,
  type RosterRecord,
  rosterBucketSpec,
} from "./roster.ts";
export {
  decodeTerm,
  encodeTerm,
  FENCE_KEY,
  FENCE_WINDOW,
  TERM_KEY,
  TERM_MAX_BYTES,
  type TermRecord,
} from "./term-codec.ts";
