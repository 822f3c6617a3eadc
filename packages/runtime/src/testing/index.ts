export { type EventuallyOptions, eventually } from "./eventually.ts";
export { createFakeClock, type FakeClock } from "./fake-clock.ts";
export { createRecordingLogger, type RecordedLine, type RecordingLogger } from "./recording-logger.ts";
