import { alignColumns } from "../columns.ts";
import type { DaemonName } from "../daemon-name.ts";
import { loadDaemonSettings } from "../daemon-settings.ts";
import { type EffectiveSetting, effectiveSettings } from "../effective-setting.ts";
import { resolveDocumentFormat } from "../query-options.ts";
import { loadSettings, type Values } from "../resolve-settings.ts";
import { CONFIG_OUTPUT } from "../settings.ts";
import { loadYaml } from "../yaml.ts";

/** `fleet config show` */
export async function runConfigShow(names: readonly DaemonName[], flags: Values): Promise<void> {
  const shown: [DaemonName, EffectiveSetting[]][] = [];
  let format = "table";
  for (const name of names) {
    const { settings, resolvers } = await loadDaemonSettings(name);
    const { parts, configuration } = loadSettings([...settings, CONFIG_OUTPUT], flags, {
      ...resolvers,
      format: resolveDocumentFormat,
    });
    // A master's is another at each start.
    const computed = name === "peel" ? { id: parts.config.id } : {};
    shown.push([name, effectiveSettings(settings, configuration, computed)]);
    format = parts.format;
  }
  if (format === "table") console.log(shown.map(([name, settings]) => renderTable(name, settings)).join("\n\n"));
  else if (format === "json") console.log(JSON.stringify(showDocument(shown), null, 2));
  else console.log(loadYaml().stringify(showDocument(shown)).trimEnd());
}

function renderTable(name: DaemonName, settings: readonly EffectiveSetting[]): string {
  return alignColumns(
    [name.toUpperCase(), "VALUE", "SOURCE"],
    settings.map(({ name: key, value, origin, source }) => [key, valueText(value), sourceText(origin, source)]),
  );
}

function valueText(value: unknown): string {
  if (value === null) return "-";
  if (Array.isArray(value)) return value.join(",");
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, part]) => `${key}=${part}`);
    return entries.length > 0 ? entries.join(",") : "-";
  }
  return String(value);
}

function sourceText(origin: EffectiveSetting["origin"], source: string | undefined): string {
  if (source === undefined) return origin;
  return origin === "default" ? `default: ${source}` : `${origin} ${source}`;
}

/** What is shown, for programs. Members are only ever added within a `schema_version`. */
function showDocument(shown: readonly (readonly [DaemonName, readonly EffectiveSetting[]])[]) {
  return {
    schema_version: 1,
    ...Object.fromEntries(
      shown.map(([name, settings]) => [
        name,
        settings.map((setting) => ({
          name: setting.name,
          value: setting.value,
          source: setting.origin,
          from: setting.origin === "default" ? null : setting.source,
        })),
      ]),
    ),
  };
}
