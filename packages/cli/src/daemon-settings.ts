import type { JsonSchema } from "@fleet/runtime";
import type { DaemonName } from "./daemon-name.ts";
import { describeLogOptions, resolveLogOptions } from "./log-options.ts";
import type { Resolvers, Values } from "./resolve-settings.ts";
import type { Setting } from "./setting.ts";
import { LOG_SETTINGS, MASTER_SETTINGS, optionsOf, PEEL_SETTINGS } from "./settings.ts";

/** What is set of a program that runs for long. */
export interface DaemonSettings {
  readonly settings: readonly Setting[];
  /** Check its values, part by part. */
  readonly resolvers: Resolvers<{ config: { readonly id: string }; log: unknown }>;
  /** By option name, as JSON schemas. */
  readonly options: Readonly<Record<string, JsonSchema>>;
}

/** Loads the settings of a daemon together with what checks them. */
export async function loadDaemonSettings(name: DaemonName): Promise<DaemonSettings> {
  if (name === "peel") {
    const { describePeelOptions, resolvePeelOptions } = await import("@fleet/peel");
    return daemonSettings(PEEL_SETTINGS, resolvePeelOptions, describePeelOptions());
  }
  const { describeMasterOptions, resolveMasterOptions } = await import("@fleet/master");
  return daemonSettings(MASTER_SETTINGS, resolveMasterOptions, describeMasterOptions());
}

function daemonSettings(
  settings: readonly Setting[],
  resolve: (options: Values) => { readonly id: string },
  described: JsonSchema,
): DaemonSettings {
  return {
    settings: [...settings, ...LOG_SETTINGS],
    resolvers: { config: (values) => resolve(optionsOf(settings, values)), log: resolveLogOptions },
    options: { ...propertiesOf(described), ...propertiesOf(describeLogOptions()) },
  };
}

function propertiesOf({ properties }: JsonSchema): Record<string, JsonSchema> {
  return properties as Record<string, JsonSchema>;
}
