import { environmentOnly, flagOnly, type Setting, setting } from "./setting.ts";

/** How to reach NATS: for every command that does. */
export const NATS_SETTINGS: readonly Setting[] = [
  setting("nats-url", "NATS server; repeat it or separate by commas for a cluster", {
    kind: "list",
    placeholder: "url",
    defaultText: "nats://127.0.0.1:4222",
    alsoVariables: ["NATS_URL"],
  }),
  setting("nats-creds", "file with NATS credentials, read at each login", { placeholder: "file" }),
  setting("nats-ca", "file with the certificate authorities of the NATS servers", { placeholder: "file" }),
];

/** Which part of a fleet a master sees, or is asked for. */
export const PARTITION: Setting = setting(
  "partition",
  "part of the fleet that is meant, where the broker maps its beats to partitions; from 0",
  {
    placeholder: "number",
    defaultNote: "the fleet is not split",
  },
);

/** What the log looks like. */
export const LOG_SETTINGS: readonly Setting[] = [
  setting("log-level", "least level written: debug, info, warn or error", {
    placeholder: "level",
    defaultText: "info",
  }),
  setting("log-format", "json, or text for people", { placeholder: "format", defaultText: "json" }),
];

const TIMING_SETTINGS: readonly Setting[] = [
  setting("heartbeat-interval", "time between two beats of a peel", { placeholder: "duration", defaultText: "10s" }),
  setting("heartbeat-ttl", "age at which a beat no longer counts; at least three intervals", {
    placeholder: "duration",
    defaultText: "30s",
  }),
];

const DAEMON_SETTINGS: readonly Setting[] = [
  setting("health-details", "whether /health tells of each check: on or off", {
    placeholder: "word",
    defaultText: "on",
  }),
  setting("liveness-nats-grace", "how long NATS may be away before /healthz fails", {
    placeholder: "duration",
    defaultNote: "as long as it likes",
  }),
  setting("metrics-bearer-file", "file with the token wanted for metrics; METRICS_BEARER can hold the token itself", {
    placeholder: "file",
    alsoVariables: ["METRICS_BEARER_FILE"],
  }),
  environmentOnly("metrics-bearer", "token wanted for metrics", {
    placeholder: "token",
    alsoVariables: ["METRICS_BEARER"],
  }),
  setting("metrics-prefix", "put before the metrics' names; zester serves existing dashboards", {
    placeholder: "prefix",
    defaultText: "fleet",
  }),
  setting("metrics-insecure", "serve metrics without authentication also where other machines can reach them", {
    kind: "switch",
  }),
  setting("shutdown-timeout", "time for everything to stop", { placeholder: "duration", defaultText: "10s" }),
];

export const PEEL_SETTINGS: readonly Setting[] = [
  setting("id", "name of this peel in the fleet", { placeholder: "id", defaultNote: "the host name, . turned to _" }),
  ...NATS_SETTINGS,
  setting("health-addr", "where health and metrics are served", {
    placeholder: "host:port",
    defaultText: "127.0.0.1:9090",
  }),
  ...TIMING_SETTINGS,
  setting("label", "label to select this peel by; repeatable", { kind: "map", placeholder: "key=value" }),
  ...DAEMON_SETTINGS,
];

/** The login that hears of every connection that ends. */
const SYSTEM_ACCOUNT_SETTINGS: readonly Setting[] = [
  setting(
    "nats-sys-creds",
    "file with NATS credentials of the system account: a peel that crashes is then found at once",
    {
      placeholder: "file",
    },
  ),
  setting("nats-sys-user", "user of the system account, instead of such a file", { placeholder: "user" }),
  setting("nats-sys-password-file", "file with the user's password; FLEET_NATS_SYS_PASSWORD can hold it itself", {
    placeholder: "file",
  }),
  environmentOnly("nats-sys-password", "password of the user of the system account", { placeholder: "password" }),
];

export const MASTER_SETTINGS: readonly Setting[] = [
  setting("id", "name of this master", { placeholder: "id", defaultNote: "master-<KSUID>, another at each start" }),
  ...NATS_SETTINGS,
  ...SYSTEM_ACCOUNT_SETTINGS,
  setting("health-addr", "where health and metrics are served", {
    placeholder: "host:port",
    defaultText: "127.0.0.1:9091",
  }),
  ...TIMING_SETTINGS,
  setting("heartbeat-storage", "where a new heartbeat bucket is kept: file or memory", {
    placeholder: "storage",
    defaultText: "file",
  }),
  PARTITION,
  setting("replicas", "copies of each bucket in a cluster", {
    placeholder: "count",
    defaultNote: "the smaller of 3 and the cluster's size",
  }),
  setting("count-interval", "time between two counts of the peels", { placeholder: "duration", defaultText: "15s" }),
  setting("lease-ttl", "age at which the lease of a master that is gone ends; the same for all masters", {
    placeholder: "duration",
    defaultText: "15s",
  }),
  setting("forget-after", "forget a peel that has been offline for so long", {
    placeholder: "duration",
    defaultNote: "never",
  }),
  ...DAEMON_SETTINGS,
];

/** Of `fleet dev`: flags only, so that what is set for a real fleet does not leak into it. */
export const DEV_SETTINGS: readonly Setting[] = [
  flagOnly("masters", "masters to start", { placeholder: "count", defaultText: "1" }),
  flagOnly("peels", "peels to start", { placeholder: "count", defaultText: "5" }),
  flagOnly("nats-url", "use this NATS instead of starting one", { placeholder: "url" }),
  flagOnly("nats-port", "port of the NATS started", {
    placeholder: "port",
    defaultNote: "4222, another if that is taken",
  }),
  flagOnly("duration", "stop this long after the fleet is complete", {
    placeholder: "duration",
    defaultNote: "run until Ctrl-C",
  }),
  flagOnly("heartbeat-interval", "time between two beats of a peel; the TTL is three times that", {
    placeholder: "duration",
    defaultText: "10s",
  }),
  flagOnly("verbose", "show the log of every process", { kind: "switch" }),
];

/** Every key a configuration file may have: peel and master may share one. */
export const FILE_KEYS: readonly string[] = [
  ...new Set(
    [...PEEL_SETTINGS, ...MASTER_SETTINGS, ...LOG_SETTINGS]
      .filter((setting) => !setting.environmentOnly)
      .map(({ key }) => key),
  ),
];

export const TIMEOUT: Setting = flagOnly("timeout", "longest time to wait for NATS", {
  placeholder: "duration",
  defaultText: "5s",
});

const OUTPUT = flagOnly("output", "table or json", { short: "-o", placeholder: "format", defaultText: "table" });

/** Of `fleet config show`, beside the settings that it shows. */
export const CONFIG_OUTPUT: Setting = flagOnly("output", "table, json or yaml", {
  short: "-o",
  placeholder: "format",
  defaultText: "table",
});

/** Of commands that list something. */
export const LIST_SETTINGS: readonly Setting[] = [...NATS_SETTINGS, OUTPUT, TIMEOUT];

/** Of `fleet peel ping`. */
export const PING_SETTINGS: readonly Setting[] = [
  ...NATS_SETTINGS,
  flagOnly("count", "pings for each peel", { placeholder: "number", defaultText: "1" }),
  flagOnly("interval", "time between two pings of a peel", { placeholder: "duration", defaultText: "1s" }),
  flagOnly("timeout", "longest time to wait for an answer", { placeholder: "duration", defaultText: "2s" }),
  OUTPUT,
];

/** Of `fleet lease step-down`. */
export const STEP_DOWN_SETTINGS: readonly Setting[] = [
  ...NATS_SETTINGS,
  flagOnly("yes", "do not ask for confirmation", { short: "-y", kind: "switch" }),
  TIMEOUT,
];

/** Of `fleet swarm run`: what the swarm itself is told. */
export const SWARM_SETTINGS: readonly Setting[] = [
  ...NATS_SETTINGS,
  flagOnly("peels", "peels that join", { placeholder: "count", defaultText: "1000" }),
  flagOnly("interval", "time between two beats of a peel", { placeholder: "duration", defaultText: "10s" }),
  flagOnly("ttl", "TTL of the heartbeat bucket, if there is none yet", {
    placeholder: "duration",
    defaultNote: "three intervals",
  }),
  flagOnly("storage", "where such a bucket is kept: file or memory", { placeholder: "storage", defaultText: "file" }),
  flagOnly("connections", "connections that the peels share", { placeholder: "count", defaultText: "2" }),
  flagOnly("ramp", "time over which they join", {
    placeholder: "duration",
    defaultNote: "a second for each 50,000",
  }),
  flagOnly("churn", "peels that leave, each replaced by another, such as 5/s", { placeholder: "rate" }),
  flagOnly("crash", "peels that stop without goodbye and stay away", { placeholder: "rate" }),
  flagOnly("flap", "peels that stop without goodbye and come back in a new session", { placeholder: "rate" }),
  flagOnly("flap-down", "time until those come back", { placeholder: "duration", defaultNote: "the interval" }),
  flagOnly("loss", "part of the beats that is never sent, 0 to 1", { placeholder: "part", defaultText: "0" }),
  flagOnly("seed", "the same seed gives the same comings, goings and losses", {
    placeholder: "number",
    defaultText: "1",
  }),
  flagOnly("prefix", "beginning of every id", { placeholder: "text", defaultText: "swarm-" }),
  flagOnly("facts", "write facts for each peel", { kind: "switch" }),
  flagOnly("leave", "say goodbye for every peel at the end", { kind: "switch" }),
];

/** Of `fleet swarm run`: what concerns the command. */
export const SWARM_RUN_SETTINGS: readonly Setting[] = [
  flagOnly("duration", "stop this long after every peel has joined", {
    placeholder: "duration",
    defaultNote: "run until Ctrl-C",
  }),
  flagOnly("output", "table or json", { short: "-o", placeholder: "format", defaultText: "table" }),
  TIMEOUT,
];

/** The values of `settings` alone, to be checked by the package they belong to. */
export function optionsOf(
  settings: readonly Setting[],
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    settings.filter(({ option }) => values[option] !== undefined).map(({ option }) => [option, values[option]]),
  );
}
