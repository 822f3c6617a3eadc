import { createBucket } from "@fleet/bus";
import { readPeelHistory } from "@fleet/presence";
import { presenceNames } from "@fleet/wire";
import { historyDocument, renderHistory, reportHistory } from "../peel-history-report.ts";
import { requirePeelId, resolveDocumentOptions, resolvePartition, resolveSince } from "../peel-query-options.ts";
import { createPresenceReading } from "../presence-reading.ts";
import { PEEL_HISTORY_SETTINGS } from "../presence-settings.ts";
import { resolveCliConnection } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { unknownPeel } from "../unknown-peel.ts";
import { withConnection } from "../with-connection.ts";
import { writeDocument } from "../write-document.ts";

/** `fleet peel history` */
export async function runPeelHistory(id: string, flags: Values): Promise<void> {
  requirePeelId(id);
  const { connection, partition, output, sinceMs } = resolveSettings(PEEL_HISTORY_SETTINGS, flags, {
    connection: resolveCliConnection,
    partition: resolvePartition,
    output: resolveDocumentOptions,
    sinceMs: resolveSince,
  });
  const { timeoutMs } = output;
  const history = await withConnection(connection, timeoutMs, async (bus) => {
    const found = await readPeelHistory(createBucket(bus, presenceNames(partition).roster), id, { timeoutMs });
    if (found && found.records.length > 0) return found;
    const reading = createPresenceReading(bus, { timeoutMs, partition, note: () => {} });
    const { peels } = await reading.list({ filter: {}, wide: false });
    const ids = peels.map((other) => other.id);
    if (!ids.includes(id)) throw unknownPeel(id, ids);
    return found ?? { records: [], brokerNow: Date.now(), malformed: 0 };
  });
  const report = reportHistory(id, history, sinceMs);
  if (output.output !== "table") writeDocument(historyDocument(report), output.output);
  else if (report.spells.length > 0) console.log(renderHistory(report));
  else console.error(`No transition of ${id} is recorded: a master records those that come.`);
  if (history.malformed > 0) console.error(`${history.malformed} record(s) could not be read and were skipped.`);
}
