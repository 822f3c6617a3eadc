import { isOnline } from "@fleet/presence";
import { EXIT } from "../exit-codes.ts";
import { documentHead, peelMembers } from "../peel-document.ts";
import { sortPeels } from "../peel-order.ts";
import {
  type PeelListConfig,
  resolvePartition,
  resolvePeelFilter,
  resolvePeelListOptions,
  withPatterns,
} from "../peel-query-options.ts";
import { renderPeelTable } from "../peel-table.ts";
import { createPresenceReading, type FoundPeels } from "../presence-reading.ts";
import { PEEL_LIST_SETTINGS } from "../presence-settings.ts";
import { resolveCliConnection } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { withConnection } from "../with-connection.ts";
import { writeListDocument } from "../write-document.ts";

/** `fleet peel list` */
export async function runPeelList(patterns: readonly string[], flags: Values): Promise<void> {
  const given = resolveSettings(PEEL_LIST_SETTINGS, flags, {
    connection: resolveCliConnection,
    partition: resolvePartition,
    list: resolvePeelListOptions,
    filter: resolvePeelFilter,
  });
  const { connection, partition, list } = given;
  const filter = withPatterns(given.filter, patterns);
  if (list.watch) {
    const { watchPeels } = await import("../peel-watch.ts");
    await watchPeels(connection, { list, filter, partition });
    return;
  }
  const found = await withConnection(connection, list.timeoutMs, (bus) =>
    createPresenceReading(bus, { timeoutMs: list.timeoutMs, partition, note: (text) => console.error(text) }).list({
      filter,
      wide: list.output !== "table" && list.output !== "ids",
    }),
  );
  writePeels(found, list);
  if (found.peels.length === 0 && list.output !== "json" && list.output !== "yaml") {
    console.error(Object.keys(filter).length > 0 ? "No peel matches." : "No peels found.");
  }
  if (found.malformed > 0) console.error(`${found.malformed} record(s) could not be read and were skipped.`);
  const allOnline = found.peels.length > 0 && found.peels.every(({ state }) => isOnline(state) === true);
  if (list.check && !allOnline) process.exitCode = EXIT.offline;
}

function writePeels(found: FoundPeels, { output, order }: PeelListConfig): void {
  const peels = sortPeels(found.peels, order);
  if (output === "json" || output === "yaml") {
    writeListDocument(documentHead(found), { name: "peels", members: peelMembers(peels, found) }, output);
  } else if (peels.length === 0) return;
  else if (output === "ids") console.log(peels.map(({ id }) => id).join("\n"));
  else console.log(renderPeelTable(peels, { wide: output === "wide" }));
}
