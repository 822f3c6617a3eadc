export { type BackoffOptions, backoffDelayMs } from "./backoff.ts";
export { aborted, type Clock, sleep, systemClock } from "./clock.ts";
export { type DeadlineOptions, withDeadline } from "./deadline.ts";
export { createDeferred, type Deferred } from "./deferred.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export {
  defineErrors,
  type ErrorRow,
  type ErrorTable,
  FleetError,
  invariant,
  isFleetError,
  messageOf,
  type RuntimeErrorCode,
  runtimeErrors,
} from "./errors.ts";
export { createMasterId, createSessionId } from "./ids.ts";
export {
  createLogger,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFields,
  type LogFormat,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type OpenLogger,
  openLogger,
  silentLogger,
} from "./logger.ts";
export {
  type Duration,
  describeOptions,
  durationOption,
  InvalidOptionsError,
  type JsonSchema,
  type OptionProblem,
  resolveOptions,
} from "./options.ts";
export { createPeriodicLoop, type PeriodicLoop, type PeriodicLoopOptions } from "./periodic-loop.ts";
export { PULSE_GRACE_MS, type Pulse, stuckLoops } from "./pulse.ts";
export type { Service } from "./service.ts";
export { createServiceGroup, type ServiceGroupOptions } from "./service-group.ts";
export { createThrottle, type Throttle } from "./throttle.ts";
