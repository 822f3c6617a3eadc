import { createPeel, resolvePeelOptions } from "@fleet/peel";
import { createSessionId, openLogger, systemClock } from "@fleet/runtime";
import { configurationValues, effectiveSettings } from "../effective-setting.ts";
import { resolveLogOptions } from "../log-options.ts";
import { loadSettings, type Values } from "../resolve-settings.ts";
import { runService } from "../run-service.ts";
import { LOG_SETTINGS, optionsOf, PEEL_SETTINGS } from "../settings.ts";

/** `fleet peel run` */
export async function runPeel(flags: Values, version: string): Promise<void> {
  const settings = [...PEEL_SETTINGS, ...LOG_SETTINGS];
  const { parts, configuration } = loadSettings(settings, flags, {
    config: (values) => resolvePeelOptions(optionsOf(PEEL_SETTINGS, values)),
    log: resolveLogOptions,
  });
  const { config, log } = parts;
  const effective = effectiveSettings(settings, configuration, { id: config.id });
  const opened = await openLogger({ ...log, base: { component: "peel", version, peel_id: config.id } });
  const peel = createPeel({
    config,
    version,
    session: createSessionId(),
    clock: systemClock,
    random: Math.random,
    logger: opened.logger,
    control: { logLevel: opened, configuration: () => configurationValues(effective) },
  });
  await runService(peel, opened);
}
