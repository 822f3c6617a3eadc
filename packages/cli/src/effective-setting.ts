import type { ConfigurationValue } from "@fleet/ops";
import type { Configuration, Origin } from "./configuration.ts";
import type { Setting } from "./setting.ts";
import { shapeValue } from "./setting-value.ts";

/** A setting as it is in force. */
export interface EffectiveSetting {
  /** As in the configuration file: `nats_url`. */
  readonly name: string;
  /** Without secrets; `null` where there is none. */
  readonly value: unknown;
  readonly origin: Origin | "default";
  /** The flag, the variable or the key and its file; the default in words where it is no value. */
  readonly source: string | undefined;
}

const HIDDEN = "***";

/**
 * Every setting as it is in force, without secrets. `computed` has, by option name, the values that were made up because
 * none was given.
 */
export function effectiveSettings(
  settings: readonly Setting[],
  { values, sources, origins }: Configuration,
  computed: Readonly<Record<string, unknown>> = {},
): EffectiveSetting[] {
  return settings.map((item) => {
    const { option, key } = item;
    const origin = origins[option];
    if (origin !== undefined) {
      return { name: key, value: withoutSecret(item, values[option]), origin, source: sources[option] };
    }
    const value = computed[option] ?? defaultOf(item);
    return { name: key, value, origin: "default", source: item.defaultNote };
  });
}

/** The value of a setting that nobody gave. */
function defaultOf(item: Setting): unknown {
  if (item.defaultText !== undefined) return shapeValue(item, item.defaultText).value;
  return item.kind === "switch" ? false : null;
}

function withoutSecret({ environmentOnly, placeholder }: Setting, value: unknown): unknown {
  if (environmentOnly) return HIDDEN;
  if (placeholder !== "url") return value;
  return Array.isArray(value) ? value.map((url) => redactUrl(String(url))) : redactUrl(String(value));
}

/**
 * A URL without its password or token. The user stays: who may log in is no secret, and what a wrong one is called helps.
 * A URL that is none is treated alike: all before its last `@` can be a secret.
 */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?(.*)@/is, (_, scheme: string = "", login: string) => {
    const colon = login.indexOf(":");
    return `${scheme}${colon > 0 ? `${login.slice(0, colon)}:` : ""}${HIDDEN}@`;
  });
}

/** The same for `/env`. */
export function configurationValues(settings: readonly EffectiveSetting[]): ConfigurationValue[] {
  return settings.map(({ name, value, origin, source }) => ({
    name,
    value,
    source: origin === "default" || source === undefined ? "default" : source,
  }));
}
