import { createBucket } from "@fleet/bus";
import { listPeels } from "@fleet/presence";
import { systemClock } from "@fleet/runtime";
import { FACTS_BUCKET, HEARTBEAT_BUCKET, ROSTER_BUCKET } from "@fleet/wire";
import { peelDocument } from "../peel-document.ts";
import { renderPeelTable } from "../peel-table.ts";
import { resolveCliConnection, resolveQueryOptions } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { LIST_SETTINGS } from "../settings.ts";
import { withConnection } from "../with-connection.ts";

/** `fleet peel list` */
export async function runPeelList(flags: Values): Promise<void> {
  const { connection, query } = resolveSettings(LIST_SETTINGS, flags, {
    connection: resolveCliConnection,
    query: resolveQueryOptions,
  });

  const { peels, asOf, malformed } = await withConnection(connection, query.timeoutMs, (bus, deadlineMono) =>
    listPeels({
      facts: createBucket(bus, FACTS_BUCKET),
      heartbeats: createBucket(bus, HEARTBEAT_BUCKET),
      roster: createBucket(bus, ROSTER_BUCKET),
      clock: systemClock,
      timeoutMs: deadlineMono - systemClock.monoMs(),
    }),
  );

  if (query.output === "json")
    console.log(JSON.stringify(peelDocument(peels, { source: "buckets", asOf, blindness: undefined }), null, 2));
  else if (peels.length > 0) console.log(renderPeelTable(peels));
  else console.error("No peels found.");
  if (malformed > 0) console.error(`${malformed} record(s) could not be read and were skipped.`);
}
