import type { Decoded } from "./decoded.ts";
import { decodeMap, encodeMap, isCount, isMissing, refused } from "./map-codec.ts";

/** Longest reply to a ping that is taken. */
export const PING_REPLY_MAX_BYTES = 1_024;

/** How a peel says that it is: its own readiness. `unknown`: it did not say, or in a word that is not known here. */
export type PeelStatus = "ok" | "degraded" | "down" | "unknown";

/** What a peel answers when it is pinged. */
export interface PingReply {
  /** KSUID of the life of the process that answers. */
  readonly session: string;
  /** Version of the agent; empty if it did not say. */
  readonly version: string;
  /** Time since the process began. */
  readonly uptimeMs: number;
  readonly status: PeelStatus;
  /** The peel's wall clock when it answered, in ms since the epoch; 0 if it did not say. Shows skew, never liveness. */
  readonly sentAt: number;
}

/** Subject on which a peel takes requests about itself. */
export function peelPingSubject(peelId: string): string {
  return `fleet.peel.${peelId}.ping`;
}

/**
 * Subject for the reply to a ping: beside the request's own and not an inbox, so that a peel needs no grant but for
 * subjects that bear its name. The server's `allow_responses` is no way out: it lets a login answer to whatever subject
 * a request names, its own requests included, and so write its neighbours' keys.
 *
 * @param token one or more tokens of the asker's choice; `*` where all of its replies are meant
 */
export function peelPongSubject(peelId: string, token: string): string {
  return `fleet.peel.${peelId}.pong.${token}`;
}

/** Writes `{session, version, uptime_ms, status, ts}`. */
export function encodePingReply({ session, version, uptimeMs, status, sentAt }: PingReply): Uint8Array {
  return encodeMap({ session, version, uptime_ms: Math.round(uptimeMs), status, ts: new Date(sentAt) });
}

/**
 * Reads a reply to a ping. Unknown fields are ignored and all but the session may be missing, so that older and newer
 * peels can be asked alike.
 */
export function decodePingReply(bytes: Uint8Array): Decoded<PingReply> {
  const decoded = decodeMap(bytes, PING_REPLY_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { session, version, uptime_ms: uptimeMs, status, ts } = decoded.value;
  if (
    !(typeof session === "string" && session !== "") ||
    !(isMissing(version) || typeof version === "string") ||
    !(isMissing(uptimeMs) || isCount(uptimeMs)) ||
    !(isMissing(status) || typeof status === "string") ||
    !(isMissing(ts) || ts instanceof Date)
  ) {
    return refused("schema");
  }
  return {
    ok: true,
    value: {
      session,
      version: version ?? "",
      uptimeMs: uptimeMs ?? 0,
      status: isStatus(status) ? status : "unknown",
      sentAt: Math.max(0, ts?.getTime() || 0),
    },
  };
}

function isStatus(word: string | null | undefined): word is PeelStatus {
  return word === "ok" || word === "degraded" || word === "down";
}
