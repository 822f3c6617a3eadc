import type { Connection } from "@fleet/bus";
import { createPresenceClient } from "@fleet/presence";
import { isFleetError } from "@fleet/runtime";
import { confirm } from "../confirmation.ts";
import { cliErrors } from "../errors.ts";
import { requirePeelId, resolvePartition } from "../peel-query-options.ts";
import { createPresenceReading } from "../presence-reading.ts";
import { PEEL_FORGET_SETTINGS } from "../presence-settings.ts";
import { resolveCliConnection, resolveQueryOptions } from "../query-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { unknownPeel } from "../unknown-peel.ts";
import { withConnection } from "../with-connection.ts";

/** `fleet peel forget` */
export async function runPeelForget(id: string, flags: Values): Promise<void> {
  requirePeelId(id);
  const { connection, partition, query, yes, force } = resolveSettings(PEEL_FORGET_SETTINGS, flags, {
    connection: resolveCliConnection,
    partition: resolvePartition,
    query: resolveQueryOptions,
    yes: (values) => values["yes"] === true,
    force: (values) => values["force"] === true,
  });
  if (!yes && process.stdin.isTTY !== true) {
    throw cliErrors.create("USAGE", "nobody is there to confirm this; add --yes");
  }
  const terminal = { input: process.stdin, output: process.stderr };
  await withConnection(connection, query.timeoutMs, async (bus) => {
    if (!yes && !(await confirm(`Forget ${id}, its history and its facts?`, terminal))) {
      console.error("Nothing was done.");
      return;
    }
    await forget(bus, { id, force }, { timeoutMs: query.timeoutMs, partition });
    console.log(`${id} is forgotten.`);
  });
}

async function forget(
  bus: Connection,
  query: { id: string; force: boolean },
  asked: { timeoutMs: number; partition: number | undefined },
): Promise<void> {
  try {
    await createPresenceClient(bus, asked).forget(query);
  } catch (error) {
    if (isFleetError(error, "PEEL_UNKNOWN")) {
      const reading = createPresenceReading(bus, { ...asked, note: () => {} });
      const { peels } = await reading.list({ filter: {}, wide: false });
      throw unknownPeel(
        query.id,
        peels.map(({ id }) => id),
      );
    }
    if (isFleetError(error, "PEEL_ONLINE")) {
      throw cliErrors.create("PEEL_NOT_FORGOTTEN", `${error.message}; stop it first, or add --force`, error);
    }
    if (!isFleetError(error, "TIMEOUT", "UNAVAILABLE")) throw error;
    const why = "no master answers that writes the roster: see fleet lease list";
    throw cliErrors.create("PEEL_NOT_FORGOTTEN", `${query.id} is not forgotten: ${why}`, error);
  }
}
