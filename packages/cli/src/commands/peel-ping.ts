import { createProber } from "@fleet/presence";
import { systemClock } from "@fleet/runtime";
import { isPeelId, PEEL_ID_RULE } from "@fleet/wire";
import { cliErrors } from "../errors.ts";
import { resolvePingOptions } from "../ping-options.ts";
import { pingDocument, pingExitCode, renderPingTable } from "../ping-report.ts";
import { pingSeries } from "../ping-series.ts";
import { resolveCliConnection, resolveQueryOptions } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { PING_SETTINGS } from "../settings.ts";
import { withConnection } from "../with-connection.ts";

/** `fleet peel ping` */
export async function runPeelPing(given: readonly string[], flags: Values): Promise<void> {
  const ids = [...new Set(given)];
  const wrong = ids.filter((id) => !isPeelId(id)).map((id) => `"${id}" cannot be a peel id: ${PEEL_ID_RULE}`);
  if (wrong.length > 0) throw cliErrors.create("USAGE", wrong.join("\n"));
  const { connection, query, ping } = resolveSettings(PING_SETTINGS, flags, {
    connection: resolveCliConnection,
    query: (values) => resolveQueryOptions({ output: values["output"] }),
    ping: (values) => resolvePingOptions(values),
  });

  const series = await withConnection(connection, query.timeoutMs, (bus) => {
    const prober = createProber({ connection: bus, clock: systemClock });
    return Promise.all(ids.map((id) => pingSeries(id, { ...ping, prober, clock: systemClock })));
  });

  if (query.output === "json") console.log(JSON.stringify(pingDocument(series), null, 2));
  else console.log(renderPingTable(series));
  for (const reason of new Set(series.flatMap(({ result, reason = "" }) => (result === "unknown" ? [reason] : [])))) {
    console.error(`fleet: ${reason}`);
  }
  process.exitCode = pingExitCode(series);
}
