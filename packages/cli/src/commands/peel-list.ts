import { createBucket, resolveConnectionOptions } from "@fleet/bus";
import { listPeels } from "@fleet/presence";
import { durationOption, resolveOptions, systemClock } from "@fleet/runtime";
import { FACTS_BUCKET, HEARTBEAT_BUCKET } from "@fleet/wire";
import * as z from "zod";
import { peelDocument, renderPeelTable } from "../peel-table.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { PEEL_LIST_SETTINGS } from "../settings.ts";
import { withConnection } from "../with-connection.ts";

const FORMATS = ["table", "json"] as const;

const schema = z.object({
  output: z
    .enum(FORMATS, { error: (issue) => `"${issue.input}" is not a format; use ${FORMATS.join(" or ")}` })
    .default("table"),
  timeout: durationOption({ minMs: 100, maxMs: 600_000 }).default(5_000),
});

/** `fleet peel list` */
export async function runPeelList(flags: Values): Promise<void> {
  const { connection, list } = resolveSettings(PEEL_LIST_SETTINGS, flags, {
    connection: ({ natsUrl, natsCreds, natsCa }) =>
      resolveConnectionOptions({
        name: "fleet-cli",
        ...(natsUrl !== undefined && { urls: natsUrl as string[] }),
        ...(natsCreds !== undefined && { creds: natsCreds as () => Uint8Array }),
        ...(natsCa !== undefined && { caFile: natsCa as string }),
      }),
    list: (values) => resolveOptions(schema, values),
  });

  const { peels, malformed } = await withConnection(connection, list.timeout, (bus, deadlineMono) =>
    listPeels({
      facts: createBucket(bus, FACTS_BUCKET),
      heartbeats: createBucket(bus, HEARTBEAT_BUCKET),
      clock: systemClock,
      timeoutMs: deadlineMono - systemClock.monoMs(),
    }),
  );

  if (list.output === "json") console.log(JSON.stringify(peelDocument(peels), null, 2));
  else if (peels.length > 0) console.log(renderPeelTable(peels));
  else console.error("No peels found.");
  if (malformed > 0) console.error(`${malformed} record(s) could not be read and were skipped.`);
}
