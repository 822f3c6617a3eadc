import type { ListedPeel } from "@fleet/presence";
import { alignColumns } from "./columns.ts";

const HEADING = ["PEEL ID", "OS", "ARCH", "VERSION", "ONLINE", "LAST-SEEN"];

/** The listing for people. */
export function renderPeelTable(peels: readonly ListedPeel[]): string {
  return alignColumns(
    HEADING,
    peels.map((peel) => [
      peel.id,
      peel.os || "-",
      peel.arch || "-",
      peel.version || "-",
      peel.online === undefined ? "-" : peel.online ? "yes" : "no",
      peel.lastSeenMs === undefined ? "-" : `${Math.round(peel.lastSeenMs / 1_000)}s ago`,
    ]),
  );
}

/** The listing for programs. Members are only ever added within a `schema_version`. */
export interface PeelDocument {
  readonly schema_version: 1;
  readonly peels: readonly {
    readonly id: string;
    readonly os: string | null;
    readonly arch: string | null;
    readonly version: string | null;
    /** `null` when there is no heartbeat bucket to know from. */
    readonly online: boolean | null;
    /** Time since the last beat by the broker's clock; `null` when there is none. */
    readonly last_seen_seconds: number | null;
  }[];
}

export function peelDocument(peels: readonly ListedPeel[]): PeelDocument {
  return {
    schema_version: 1,
    peels: peels.map((peel) => ({
      id: peel.id,
      os: peel.os ?? null,
      arch: peel.arch ?? null,
      version: peel.version ?? null,
      online: peel.online ?? null,
      last_seen_seconds: peel.lastSeenMs === undefined ? null : Math.round(peel.lastSeenMs) / 1_000,
    })),
  };
}
