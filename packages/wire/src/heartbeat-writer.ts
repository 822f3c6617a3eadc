import { encodeHeartbeat, type Heartbeat } from "./heartbeat-codec.ts";

/** What is the same in every beat of a {@link HeartbeatWriter}. */
export interface HeartbeatWriterOptions extends Pick<Heartbeat, "version" | "protocol" | "intervalMs" | "ping"> {
  /** Characters of a session, all of them ASCII. */
  readonly sessionLength: number;
}

/** Writes beats in bulk. */
export interface HeartbeatWriter {
  /**
   * The bytes that `encodeHeartbeat` gives for this beat, in a tenth of the time. `session` holds the characters as bytes.
   * What is returned is never written again, and may be part of a larger buffer.
   */
  write(sentAt: number, session: Uint8Array, seq: number): Uint8Array;
}

/** Where beats are written one behind the other: buffers of their own would cost more than all the rest. */
const SLAB_BYTES = 65_536;

/** The map's head and the key `ts`. */
const TS_AT = 4;
/** 1 ms past the epoch needs the form with fractions of a second, as nearly every time does. */
const SAMPLE_SENT_AT = 1;
const TIMESTAMP_BYTES = 10;
const SEQ_KEY_BYTES = 4;
/** The greatest second and count that the forms written here hold. */
const MAX_UINT32 = 0xffff_ffff;
/** Bytes by which a beat can be longer than the sample: those of a count of 32 bits. */
const SEQ_EXTRA_BYTES = 4;

/** Creates a writer of beats that differ in their time, session and count alone. */
export function createHeartbeatWriter(options: HeartbeatWriterOptions): HeartbeatWriter {
  const { sessionLength, ...constant } = options;
  const sampleSession = "0".repeat(sessionLength);
  const sample = encodeHeartbeat({ ...constant, sentAt: SAMPLE_SENT_AT, session: sampleSession, seq: 1 });
  const head = sample.subarray(0, TS_AT);
  const sessionAt = Buffer.from(sample).lastIndexOf(sampleSession);
  const seqAt = sessionAt + sessionLength + SEQ_KEY_BYTES;
  const beforeSession = sample.subarray(TS_AT + TIMESTAMP_BYTES, sessionAt);
  const seqKey = sample.subarray(sessionAt + sessionLength, seqAt);
  const afterSeq = sample.subarray(seqAt + 1);
  const maxBytes = sample.length + SEQ_EXTRA_BYTES;
  let slab = new Uint8Array(0);
  let view = new DataView(slab.buffer);
  let used = 0;

  const put = (bytes: Uint8Array, at: number): number => {
    slab.set(bytes, at);
    return at + bytes.length;
  };

  const putTimestamp = (seconds: number, ms: number, at: number): number => {
    if (ms === 0) {
      slab[at] = 0xd6;
      slab[at + 1] = 0xff;
      view.setUint32(at + 2, seconds);
      return at + 6;
    }
    slab[at] = 0xd7;
    slab[at + 1] = 0xff;
    // 30 bits of nanoseconds over 34 of seconds, of which the upper two are 0 until the year 2106.
    view.setUint32(at + 2, ms * 1_000_000 * 4);
    view.setUint32(at + 6, seconds);
    return at + 10;
  };

  const putCount = (count: number, at: number): number => {
    if (count < 0x80) {
      slab[at] = count;
      return at + 1;
    }
    if (count <= 0xff) {
      slab[at] = 0xcc;
      slab[at + 1] = count;
      return at + 2;
    }
    if (count <= 0xffff) {
      slab[at] = 0xcd;
      view.setUint16(at + 1, count);
      return at + 3;
    }
    slab[at] = 0xce;
    view.setUint32(at + 1, count);
    return at + 5;
  };

  return {
    write(sentAt, session, seq) {
      const wholeMs = Math.trunc(sentAt);
      const seconds = Math.floor(wholeMs / 1_000);
      if (!(seconds >= 0 && seconds <= MAX_UINT32 && seq <= MAX_UINT32)) {
        return encodeHeartbeat({ ...constant, sentAt, session: Buffer.from(session).toString("latin1"), seq });
      }
      if (used + maxBytes > slab.length) {
        slab = new Uint8Array(Math.max(SLAB_BYTES, maxBytes));
        view = new DataView(slab.buffer);
        used = 0;
      }
      const start = used;
      let at = put(head, start);
      at = putTimestamp(seconds, wholeMs - seconds * 1_000, at);
      at = put(beforeSession, at);
      at = put(session, at);
      at = put(seqKey, at);
      at = putCount(seq, at);
      used = put(afterSeq, at);
      return slab.subarray(start, used);
    },
  };
}
