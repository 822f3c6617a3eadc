import type { Bucket, HeardWrite } from "@fleet/bus";
import { aborted, type Clock, createThrottle, type Logger, type Service } from "@fleet/runtime";
import { type Decoded, decodeHeartbeat, type Heartbeat, isPeelId, type MalformedReason } from "@fleet/wire";

export interface HeartbeatListenerParts {
  /** The heartbeat bucket. */
  readonly bucket: Bucket;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A delete marker was heard for this key. */
  readonly onLeave: (key: string) => void;
  /** The first beat of a session was heard: a peel has come. */
  readonly onFirstBeat: () => void;
}

/** Hears every beat of the fleet. */
export interface HeartbeatListener extends Service {
  /** Values that were not a beat, by what was wrong. */
  readonly malformed: Readonly<Record<MalformedReason, number>>;
}

const LOG_EVERY_MS = 60_000;

/** Creates a listener. A value that is not a beat is counted, logged once a minute, and skipped. */
export function createHeartbeatListener(parts: HeartbeatListenerParts): HeartbeatListener {
  const { bucket, clock, logger, onLeave, onFirstBeat } = parts;
  const malformed: Record<MalformedReason, number> = { empty: 0, oversize: 0, encoding: 0, schema: 0, key: 0 };
  const throttle = createThrottle(clock, LOG_EVERY_MS);

  const onWrite = (write: HeardWrite) => {
    if (write.operation !== "put") {
      onLeave(write.key);
      return;
    }
    const decoded = decodeBeat(write);
    if (decoded.ok) {
      if (decoded.value.seq === 1) onFirstBeat();
      return;
    }
    malformed[decoded.reason] += 1;
    throttle.run((heldBack) =>
      logger.warn("a value in the heartbeat bucket is not a beat; skipped", {
        key: write.key,
        reason: decoded.reason,
        bytes: write.value.length,
        ...(heldBack > 0 && { more: heldBack }),
      }),
    );
  };

  return {
    name: "heartbeat-listener",
    malformed,
    async run(signal) {
      const hearing = bucket.hear(onWrite);
      await aborted(signal);
      hearing.close();
    },
  };
}

function decodeBeat({ key, value }: HeardWrite): Decoded<Heartbeat> {
  return isPeelId(key) ? decodeHeartbeat(value) : { ok: false, reason: "key" };
}
