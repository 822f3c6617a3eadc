import type { Check } from "@fleet/ops";
import { formatDuration } from "@fleet/runtime";
import type { Elector } from "./elector.ts";
import type { LeaseConfig } from "./lease-options.ts";

/** Times of the TTL that a lease may go without a holder before somebody should look. */
const UNHELD_TTLS = 2;

/**
 * The check `<lease>-lease`: ok for the holder and for a standby that knows of one; degraded when nobody has held it for
 * two TTLs; down when the bucket has been unusable for as long as a holder could go on without it.
 */
export function createLeaseCheck(lease: string, elector: Elector, config: LeaseConfig): Check {
  return {
    name: `${lease}-lease`,
    run() {
      const { standing, trouble, unheldMs } = elector;
      if (trouble && trouble.forMs >= config.renewDeadlineMs) {
        return {
          status: "down",
          message: `the bucket has been unusable for ${formatDuration(trouble.forMs)}: ${trouble.error}`,
        };
      }
      if (standing.role === "holder") return { status: "ok", message: `leader since ${iso(standing.since)}` };
      if (unheldMs >= UNHELD_TTLS * config.ttlMs) {
        return { status: "degraded", message: `nobody has held it for ${formatDuration(unheldMs)}` };
      }
      if (standing.holder === undefined) return { status: "ok", message: "standby; no holder yet" };
      const since = standing.since === undefined ? "unknown" : iso(standing.since);
      return { status: "ok", message: `standby; held by ${standing.holder} since ${since}` };
    },
  };
}

function iso(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
