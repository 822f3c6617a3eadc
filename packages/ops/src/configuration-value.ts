/** One setting in force, and where its value comes from. */
export interface ConfigurationValue {
  /** As in the configuration file: `nats_url`. */
  readonly name: string;
  /** A text, number, switch, list or map; `null` where there is none. */
  readonly value: unknown;
  /** In words: `--nats-url`, `FLEET_NATS_URL`, `nats_url in /etc/fleet/peel.yaml`, `default`. */
  readonly source: string;
}

const HIDDEN = "***";

/** Names of what is a secret itself; the name of a file that holds one is none. */
const SECRET_NAME = /(^|[_.-])(bearer|token|password|passwd|secret|api[_-]?key|private[_-]?key)$/i;

/**
 * The same values without secrets: what is called one, and user and password of every URL. Whoever lists the values
 * leaves secrets out already; this is for the one that is forgotten.
 */
export function withoutSecrets(values: readonly ConfigurationValue[]): ConfigurationValue[] {
  return values.map(({ name, value, source }) => ({ name, value: redact(name, value), source }));
}

function redact(name: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (SECRET_NAME.test(name)) return HIDDEN;
  if (typeof value === "string") return value.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/?#\s,]*@/gi, `$1${HIDDEN}@`);
  if (Array.isArray(value)) return value.map((part) => redact(name, part));
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, redact(key, part)]));
  }
  return typeof value === "number" || typeof value === "boolean" ? value : HIDDEN;
}
