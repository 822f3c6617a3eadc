import { createPeel, resolvePeelOptions } from "@fleet/peel";
import { createSessionId, openLogger, systemClock } from "@fleet/runtime";
import { resolveLogOptions } from "../log-options.ts";
import { resolveSettings, type Values } from "../resolve-settings.ts";
import { runService } from "../run-service.ts";
import { LOG_SETTINGS, optionsOf, PEEL_SETTINGS } from "../settings.ts";

/** `fleet peel run` */
export async function runPeel(flags: Values, version: string): Promise<void> {
  const { config, log } = resolveSettings([...PEEL_SETTINGS, ...LOG_SETTINGS], flags, {
    config: (values) => resolvePeelOptions(optionsOf(PEEL_SETTINGS, values)),
    log: resolveLogOptions,
  });
  const opened = await openLogger({ ...log, base: { component: "peel", version, peel_id: config.id } });
  const peel = createPeel({
    config,
    version,
    session: createSessionId(),
    clock: systemClock,
    random: Math.random,
    logger: opened.logger,
    control: { logLevel: opened },
  });
  await runService(peel, opened);
}
