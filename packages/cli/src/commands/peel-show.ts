import { peelDetailDocument, renderPeelDetail } from "../peel-detail.ts";
import { requirePeelId, resolveDocumentOptions, resolvePartition } from "../peel-query-options.ts";
import { createPresenceReading } from "../presence-reading.ts";
import { PEEL_SHOW_SETTINGS } from "../presence-settings.ts";
import { resolveCliConnection } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { unknownPeel } from "../unknown-peel.ts";
import { withConnection } from "../with-connection.ts";
import { writeDocument } from "../write-document.ts";

/** `fleet peel show` */
export async function runPeelShow(id: string, flags: Values): Promise<void> {
  requirePeelId(id);
  const { connection, partition, show } = resolveSettings(PEEL_SHOW_SETTINGS, flags, {
    connection: resolveCliConnection,
    partition: resolvePartition,
    show: resolveDocumentOptions,
  });
  const found = await withConnection(connection, show.timeoutMs, async (bus) => {
    const reading = createPresenceReading(bus, {
      timeoutMs: show.timeoutMs,
      partition,
      note: (text) => console.error(text),
    });
    const peel = await reading.show(id);
    if (peel) return peel;
    const { peels } = await reading.list({ filter: {}, wide: false });
    throw unknownPeel(
      id,
      peels.map((other) => other.id),
    );
  });
  if (show.output === "table") console.log(renderPeelDetail(found));
  else writeDocument(peelDetailDocument(found), show.output);
}
