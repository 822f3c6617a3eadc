import type { Bucket, HeardWrite } from "@fleet/bus";
import { type Clock, createThrottle, type Logger } from "@fleet/runtime";
import {
  createHeartbeatReader,
  type Decoded,
  HEADER_SESSION,
  type Heartbeat,
  isPeelId,
  type MalformedReason,
} from "@fleet/wire";

export interface HeartbeatListenerParts<Known extends KnownPeel> {
  /** The heartbeat bucket. */
  readonly bucket: Bucket;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Finds what is known of a peel: most beats are of its session. */
  readonly find: (id: string) => Known | undefined;
  /** A beat was heard; `known`: what was found. */
  readonly onBeat: (id: string, beat: Heartbeat, known: Known | undefined) => void;
  /** A delete marker was heard for this key, of this session if it says so. It may have been refused. */
  readonly onGoodbye: (key: string, session: string | undefined) => void;
}

/** What somebody remembers of a peel. */
export interface KnownPeel {
  /** The session heard last. */
  readonly session: string | undefined;
}

/** Hears every beat of the fleet. */
export interface HeartbeatListener {
  /** Writes heard, of whatever kind. */
  readonly heard: number;
  /** Values that were not a beat, by what was wrong. */
  readonly malformed: Readonly<Record<MalformedReason, number>>;
  /** Keys of which one was heard within the TTL given: they are in the bucket and no peels. */
  malformedKeys(ttlMs: number): number;
  /** A value that is not a beat was found: it is counted, and logged once a minute. */
  refuse(key: string, reason: MalformedReason, bytes: number): void;
  /** Listens from now on, anew if it did before; resolves when the server knows. */
  listen(): Promise<void>;
  close(): void;
}

const LOG_EVERY_MS = 60_000;
/** Keys remembered: whoever writes more of them than this has them counted as peels. */
const MAX_MALFORMED_KEYS = 10_000;

/** Creates a listener; it hears nothing until told to. */
export function createHeartbeatListener<Known extends KnownPeel>(
  parts: HeartbeatListenerParts<Known>,
): HeartbeatListener {
  const { bucket, clock, logger, find, onBeat, onGoodbye } = parts;
  const malformed: Record<MalformedReason, number> = { empty: 0, oversize: 0, encoding: 0, schema: 0, key: 0 };
  const malformedMono = new Map<string, number>();
  const throttle = createThrottle(clock, LOG_EVERY_MS);
  let heard = 0;
  let hearing: ReturnType<Bucket["hear"]> | undefined;

  const refuse = (key: string, reason: MalformedReason, bytes: number) => {
    malformed[reason] += 1;
    malformedMono.delete(key);
    if (malformedMono.size < MAX_MALFORMED_KEYS) malformedMono.set(key, clock.monoMs());
    throttle.run((heldBack) =>
      logger.warn("a value in the heartbeat bucket is not a beat; skipped", {
        key,
        reason,
        bytes,
        ...(heldBack > 0 && { more: heldBack }),
      }),
    );
  };

  const onWrite = (write: HeardWrite) => {
    const { key, value, operation } = write;
    heard += 1;
    if (operation !== "put") {
      malformedMono.delete(key);
      onGoodbye(key, write.header(HEADER_SESSION));
      return;
    }
    const known = find(key);
    const decoded = decodeBeat(key, value, known?.session);
    if (!decoded.ok) refuse(key, decoded.reason, value.length);
    else {
      if (malformedMono.size > 0) malformedMono.delete(key);
      onBeat(key, decoded.value, known);
    }
  };

  return {
    get heard() {
      return heard;
    },
    malformed,
    malformedKeys(ttlMs) {
      const sinceMono = clock.monoMs() - ttlMs;
      for (const [key, heardMono] of malformedMono) {
        // In the order heard.
        if (heardMono > sinceMono) break;
        malformedMono.delete(key);
      }
      return malformedMono.size;
    },
    refuse,
    listen() {
      hearing?.close();
      hearing = bucket.hear(onWrite);
      return hearing.ready;
    },
    close() {
      hearing?.close();
      hearing = undefined;
    },
  };
}

/** One for the process: it keeps nothing of the beats but how they are laid out. */
const reader = createHeartbeatReader();

/** Reads a beat as it lies in the bucket; `session`: what is known of this key, which is a peel's if there is one. */
export function decodeBeat(key: string, value: Uint8Array, session?: string): Decoded<Heartbeat> {
  return session !== undefined || isPeelId(key) ? reader.read(value, session) : { ok: false, reason: "key" };
}
