import { type Clock, createThrottle, type LogFields, type Logger, type Throttle } from "@fleet/runtime";

const EVERY_MS = 60_000;

/** Writes a warning, once a minute of each kind, with the number of times held back. */
export type Warn = (kind: string, message: string, fields: LogFields) => void;

/** Creates a {@link Warn}. Kinds are few: each is remembered. */
export function createWarn(logger: Logger, clock: Clock): Warn {
  const throttles = new Map<string, Throttle>();
  return (kind, message, fields) => {
    const throttle = throttles.get(kind) ?? createThrottle(clock, EVERY_MS);
    throttles.set(kind, throttle);
    throttle.run((heldBack) => logger.warn(message, { ...fields, ...(heldBack > 0 && { held_back: heldBack }) }));
  };
}
