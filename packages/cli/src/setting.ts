import { camelCase, environmentName, fileKey } from "./setting-names.ts";

/**
 * What a setting's value is made of: `text`; `list`, repeatable or comma-separated; `map`, repeatable `key=value`;
 * `switch`, on when named.
 */
export type SettingKind = "text" | "list" | "map" | "switch";

/** One thing that can be set by flag, environment or file. */
export interface Setting {
  /** In the options interface: `heartbeatInterval`. */
  readonly option: string;
  /** `--heartbeat-interval`; the variable's name if {@link environmentOnly}. */
  readonly flag: string;
  /** A secret itself: arguments can be read by every user of the machine, and files get copied. */
  readonly environmentOnly: boolean;
  /** `-o` */
  readonly short: string | undefined;
  /** Environment variables, the first that is set counts: `FLEET_HEARTBEAT_INTERVAL`. */
  readonly variables: readonly string[];
  /** In the configuration file: `heartbeat_interval`. */
  readonly key: string;
  readonly kind: SettingKind;
  /** Stands for the value in the help: `<duration>`. */
  readonly placeholder: string;
  readonly description: string;
  /** The value where none is given, as one would write it; a test holds it to the package that the setting belongs to. */
  readonly defaultText: string | undefined;
  /** What happens where no value is given and none can be named: `the host name`. */
  readonly defaultNote: string | undefined;
}

interface SettingDetails {
  readonly kind?: SettingKind;
  readonly short?: string;
  readonly placeholder?: string;
  readonly defaultText?: string;
  readonly defaultNote?: string;
  readonly alsoVariables?: readonly string[];
}

/** Declares a setting by its flag's name: `heartbeat-interval`. */
export function setting(name: string, description: string, details: SettingDetails = {}): Setting {
  return {
    option: camelCase(name),
    flag: `--${name}`,
    environmentOnly: false,
    short: details.short,
    variables: [environmentName(name), ...(details.alsoVariables ?? [])],
    key: fileKey(name),
    kind: details.kind ?? "text",
    placeholder: details.placeholder ?? "value",
    description,
    defaultText: details.defaultText,
    defaultNote: details.defaultNote,
  };
}

/** Declares a setting that only a flag can set. */
export function flagOnly(name: string, description: string, details: SettingDetails = {}): Setting {
  return { ...setting(name, description, details), variables: [] };
}

/** Declares a secret: only the environment can hold it. */
export function environmentOnly(name: string, description: string, details: SettingDetails = {}): Setting {
  const declared = setting(name, description, details);
  return { ...declared, flag: declared.variables.at(-1) ?? declared.flag, environmentOnly: true };
}
