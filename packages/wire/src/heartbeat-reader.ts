import type { Decoded } from "./decoded.ts";
import { decodeHeartbeat, encodeHeartbeat, type Heartbeat, heartbeatOf } from "./heartbeat-codec.ts";

/** Reads beats in bulk. */
export interface HeartbeatReader {
  /**
   * What `decodeHeartbeat` gives for these bytes, without going through it where they are laid out like others lately.
   * `session`: the one expected, of which no second copy is made if the beat is of it.
   */
  read(bytes: Uint8Array, session?: string): Decoded<Heartbeat>;
}

/** Beats of one version, interval and so on: they differ in their time, session and count alone. */
interface Layout {
  /** One of them, for its version and so on. */
  readonly beat: Heartbeat;
  /** Its bytes. */
  readonly sample: Uint8Array;
  readonly sessionAt: number;
  readonly sessionEnd: number;
  /** Where the count is, after its key. */
  readonly seqAt: number;
  /** Where what follows the count begins in the sample. */
  readonly tailAt: number;
}

/** While a fleet is upgraded there are two versions, each with peels that answer pings and peels that do not yet. */
const MAX_LAYOUTS = 4;
/** The map's head and the key `ts`; then a timestamp of 64 bits. */
const TS_AT = 4;
const TS_END = TS_AT + 10;
const SEQ_KEY_BYTES = 4;
const NOT_ASCII = 0x80;

/** Creates a reader. It keeps the layouts of the last beats, and nothing else of them. */
export function createHeartbeatReader(): HeartbeatReader {
  /** The one that fitted last comes first. */
  let layouts: readonly Layout[] = [];
  return {
    read(bytes, session) {
      for (const layout of layouts) {
        const value = readAs(layout, bytes, session);
        if (!value) continue;
        if (layout !== layouts[0]) layouts = [layout, ...layouts.filter((other) => other !== layout)];
        return { ok: true, value };
      }
      const decoded = decodeHeartbeat(bytes);
      const layout = decoded.ok ? layoutOf(bytes, decoded.value) : undefined;
      if (layout) layouts = [layout, ...layouts.slice(0, MAX_LAYOUTS - 1)];
      return decoded;
    },
  };
}

/** How a beat is laid out; `undefined` unless it is as this package writes them, with a session and a time to the ms. */
function layoutOf(bytes: Uint8Array, beat: Heartbeat): Layout | undefined {
  const { session, seq } = beat;
  if (!session || !seq || bytes[TS_AT] !== 0xd7) return undefined;
  const sample = Buffer.from(encodeHeartbeat(beat));
  if (!sample.equals(bytes)) return undefined;
  const sessionAt = sample.lastIndexOf(session);
  const sessionEnd = sessionAt + session.length;
  const seqAt = sessionEnd + SEQ_KEY_BYTES;
  const tailAt = seqAt + countBytes(sample, seqAt);
  // A session that is not ASCII takes up more bytes than it has characters.
  if (Number.isNaN(tailAt)) return undefined;
  return { beat, sample, sessionAt, sessionEnd, seqAt, tailAt };
}

function readAs(layout: Layout, bytes: Uint8Array, expected: string | undefined): Heartbeat | undefined {
  const { beat, sample, sessionAt, sessionEnd, seqAt, tailAt } = layout;
  const tailFrom = seqAt + countBytes(bytes, seqAt);
  if (bytes.length - tailFrom !== sample.length - tailAt) return undefined;
  if (bytes[TS_AT] !== 0xd7 || bytes[TS_AT + 1] !== 0xff) return undefined;
  if (!isSame(bytes, 0, sample, 0, TS_AT)) return undefined;
  if (!isSame(bytes, TS_END, sample, TS_END, sessionAt)) return undefined;
  if (!isSame(bytes, sessionEnd, sample, sessionEnd, seqAt)) return undefined;
  if (!isSame(bytes, tailFrom, sample, tailAt, sample.length)) return undefined;
  const session = asciiIn(bytes, sessionAt, sessionEnd, expected);
  if (session === undefined) return undefined;
  // 30 bits of nanoseconds over 34 of seconds.
  const upper = readUint32(bytes, TS_AT + 2);
  const nanoseconds = upper >>> 2;
  const seconds = (upper & 3) * 0x1_0000_0000 + readUint32(bytes, TS_AT + 6);
  const seq = readCount(bytes, seqAt);
  if (nanoseconds > 999_999_999 || seq === 0) return undefined;
  return heartbeatOf({
    sentAt: seconds * 1_000 + Math.floor(nanoseconds / 1_000_000),
    version: beat.version,
    protocol: beat.protocol,
    session,
    seq,
    intervalMs: beat.intervalMs,
    ping: beat.ping,
  });
}

/** Bytes that a count takes up; NaN for what is none, so that no comparison with it holds. */
function countBytes(bytes: Uint8Array, at: number): number {
  const head = bytes[at] as number;
  if (head < 0x80) return 1;
  if (head === 0xcc) return 2;
  if (head === 0xcd) return 3;
  return head === 0xce ? 5 : Number.NaN;
}

function readCount(bytes: Uint8Array, at: number): number {
  const head = bytes[at] as number;
  if (head < 0x80) return head;
  if (head === 0xcc) return bytes[at + 1] as number;
  if (head === 0xcd) return ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  return readUint32(bytes, at + 1);
}

function readUint32(bytes: Uint8Array, at: number): number {
  const upper = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const lower = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return upper * 0x1_0000 + lower;
}

/** Whether the bytes from `at` are those of the sample from `from` to `to`. */
function isSame(bytes: Uint8Array, at: number, sample: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) {
    if (bytes[at + index - from] !== sample[index]) return false;
  }
  return true;
}

/** The text from `from` to `to`, and the one expected if it is that; `undefined` if there is more in it than ASCII. */
function asciiIn(bytes: Uint8Array, from: number, to: number, expected: string | undefined): string | undefined {
  if (expected !== undefined && isText(bytes, from, to, expected)) return expected;
  for (let at = from; at < to; at += 1) if ((bytes[at] as number) >= NOT_ASCII) return undefined;
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString("latin1", from, to);
}

function isText(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (text.length !== to - from) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = bytes[from + index] as number;
    if (code >= NOT_ASCII || code !== text.charCodeAt(index)) return false;
  }
  return true;
}
