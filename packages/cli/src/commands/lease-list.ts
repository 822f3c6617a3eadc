import { createBucket } from "@fleet/bus";
import { type ListedLease, listLeases } from "@fleet/lease";
import { formatDuration, isFleetError } from "@fleet/runtime";
import { LEASE_BUCKET } from "@fleet/wire";
import { alignColumns } from "../columns.ts";
import { resolveCliConnection, resolveQueryOptions } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { LIST_SETTINGS } from "../settings.ts";
import { withConnection } from "../with-connection.ts";

const HEADING = ["LEASE", "HOLDER", "TERM", "AGE", "RENEWED", "LEFT"];

/** `fleet lease list` */
export async function runLeaseList(flags: Values): Promise<void> {
  const { connection, query } = resolveSettings(LIST_SETTINGS, flags, {
    connection: resolveCliConnection,
    query: resolveQueryOptions,
  });
  const leases = await withConnection(connection, query.timeoutMs, async (bus) => {
    try {
      return await listLeases(createBucket(bus, LEASE_BUCKET), query.timeoutMs);
    } catch (error) {
      if (isFleetError(error, "BUCKET_MISSING")) return [];
      throw error;
    }
  });
  if (query.output === "json") console.log(JSON.stringify(leaseDocument(leases), null, 2));
  else if (leases.length > 0) console.log(renderLeaseTable(leases));
  else console.error("No lease is held.");
}

function renderLeaseTable(leases: readonly ListedLease[]): string {
  const duration = (durationMs: number | undefined) => (durationMs === undefined ? "-" : formatDuration(durationMs));
  return alignColumns(
    HEADING,
    leases.map((lease) => [
      lease.name,
      lease.holder,
      lease.term === undefined ? "-" : String(lease.term),
      duration(lease.heldMs),
      `${duration(lease.renewedMs)} ago`,
      duration(lease.leftMs),
    ]),
  );
}

/** The listing for programs. Members are only ever added within a `schema_version`; what is not known is `null`. */
function leaseDocument(leases: readonly ListedLease[]) {
  const seconds = (durationMs: number | undefined) =>
    durationMs === undefined ? null : Math.round(durationMs) / 1_000;
  return {
    schema_version: 1,
    leases: leases.map((lease) => ({
      name: lease.name,
      holder: lease.holder,
      term: lease.term ?? null,
      age_seconds: seconds(lease.heldMs),
      renewed_seconds: seconds(lease.renewedMs),
      left_seconds: seconds(lease.leftMs),
    })),
  };
}
