export type {
  Bucket,
  BucketEntry,
  BucketReplay,
  BucketState,
  HeardWrite,
  ReplayOptions,
  WriteOptions,
} from "./bucket.ts";
export { type BucketSetup, type BucketSetupOptions, setUpBucket } from "./bucket-setup.ts";
export type {
  Connection,
  ConnectionCounters,
  ConnectionParts,
  ConnectionState,
  Denial,
  RequestOptions,
  ServerIdentity,
} from "./connection.ts";
export {
  type ConnectionConfig,
  type ConnectionOptions,
  type Login,
  natsUrlOption,
  natsUrlsOption,
  resolveConnectionOptions,
} from "./connection-options.ts";
export { DISCONNECT_EVENTS, type DisconnectEvent, decodeDisconnectEvent } from "./disconnect-event.ts";
export { type BusErrorCode, busErrors } from "./errors.ts";
export {
  type FencedWriteOptions,
  type FencedWriter,
  type FencedWriterOptions,
  openFencedWriter,
  readLastTerm,
} from "./fenced-writer.ts";
export { createBucket } from "./jetstream-bucket.ts";
export type { Headers, Message } from "./message.ts";
export {
  createMicroService,
  type MicroServiceEndpoint,
  type MicroServiceParts,
  type ServiceFault,
  serviceFaultOf,
} from "./micro-service.ts";
export { createConnection } from "./nats-connection.ts";
export type { SubscribeOptions, Subscription } from "./subscription.ts";
export type { WritePipelineState } from "./write-pipeline.ts";
export { createWriteWindow, MAX_IN_FLIGHT, type WriteWindow, type WriteWindowParts } from "./write-window.ts";
