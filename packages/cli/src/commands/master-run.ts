import { createMaster, resolveMasterOptions } from "@fleet/master";
import { openLogger, systemClock } from "@fleet/runtime";
import { resolveLogOptions } from "../log-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { runService } from "../run-service.ts";
import { LOG_SETTINGS, MASTER_SETTINGS, optionsOf } from "../settings.ts";

/** `fleet master run` */
export async function runMaster(flags: Values, version: string): Promise<void> {
  const { config, log } = resolveSettings([...MASTER_SETTINGS, ...LOG_SETTINGS], flags, {
    config: (values) => resolveMasterOptions(optionsOf(MASTER_SETTINGS, values)),
    log: resolveLogOptions,
  });
  const opened = await openLogger({ ...log, base: { component: "master", version, master_id: config.id } });
  const master = createMaster({
    config,
    version,
    clock: systemClock,
    random: Math.random,
    logger: opened.logger,
    control: { logLevel: opened },
  });
  await runService(master, opened);
}
