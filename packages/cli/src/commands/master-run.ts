import { createMaster, resolveMasterOptions } from "@fleet/master";
import { openLogger, systemClock } from "@fleet/runtime";
import { configurationValues, effectiveSettings } from "../effective-setting.ts";
import { resolveLogOptions } from "../log-options.ts";
import { loadSettings, type Values } from "../resolve-settings.ts";
import { runService } from "../run-service.ts";
import { LOG_SETTINGS, MASTER_SETTINGS, optionsOf } from "../settings.ts";

/** `fleet master run` */
export async function runMaster(flags: Values, version: string): Promise<void> {
  const settings = [...MASTER_SETTINGS, ...LOG_SETTINGS];
  const { parts, configuration } = loadSettings(settings, flags, {
    config: (values) => resolveMasterOptions(optionsOf(MASTER_SETTINGS, values)),
    log: resolveLogOptions,
  });
  const { config, log } = parts;
  const effective = effectiveSettings(settings, configuration, { id: config.id });
  const opened = await openLogger({ ...log, base: { component: "master", version, master_id: config.id } });
  const master = createMaster({
    config,
    version,
    clock: systemClock,
    random: Math.random,
    logger: opened.logger,
    control: { logLevel: opened, configuration: () => configurationValues(effective) },
  });
  await runService(master, opened);
}
