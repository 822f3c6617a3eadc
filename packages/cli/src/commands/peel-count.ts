import { peelCountDocument, renderPeelCount } from "../peel-count-report.ts";
import {
  resolveCountKey,
  resolveDocumentOptions,
  resolvePartition,
  resolvePeelFilter,
  withPatterns,
} from "../peel-query-options.ts";
import { createPresenceReading } from "../presence-reading.ts";
import { PEEL_COUNT_SETTINGS } from "../presence-settings.ts";
import { resolveCliConnection } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { withConnection } from "../with-connection.ts";
import { writeDocument } from "../write-document.ts";

/** `fleet peel count` */
export async function runPeelCount(patterns: readonly string[], flags: Values): Promise<void> {
  const given = resolveSettings(PEEL_COUNT_SETTINGS, flags, {
    connection: resolveCliConnection,
    partition: resolvePartition,
    output: resolveDocumentOptions,
    filter: resolvePeelFilter,
    by: resolveCountKey,
  });
  const { connection, partition, by, output } = given;
  const filter = withPatterns(given.filter, patterns);
  const found = await withConnection(connection, output.timeoutMs, (bus) =>
    createPresenceReading(bus, { timeoutMs: output.timeoutMs, partition, note: (text) => console.error(text) }).count({
      filter,
      by,
    }),
  );
  if (output.output === "table") console.log(renderPeelCount(found, by));
  else writeDocument(peelCountDocument(found, by), output.output);
}
