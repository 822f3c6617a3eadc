import { flagOnly, type Setting } from "./setting.ts";
import { NATS_SETTINGS, PARTITION, TIMEOUT } from "./settings.ts";

/** Which peels are meant. */
const FILTER_SETTINGS: readonly Setting[] = [
  flagOnly("label", "peels with this label; repeatable", { short: "-l", kind: "map", placeholder: "key=value" }),
  flagOnly("online", "peels that beat", { kind: "switch" }),
  flagOnly("offline", "peels that do not", { kind: "switch" }),
  flagOnly("state", "peels in this state: online, late, offline or conflict; repeatable", {
    kind: "list",
    placeholder: "state",
  }),
];

/** Of `fleet peel list`. */
export const PEEL_LIST_SETTINGS: readonly Setting[] = [
  ...NATS_SETTINGS,
  PARTITION,
  ...FILTER_SETTINGS,
  flagOnly("output", "table, wide, json, yaml or ids", { short: "-o", placeholder: "format", defaultText: "table" }),
  flagOnly("sort", "id, state, since, last-seen, version, os or reason; - before it turns it round", {
    placeholder: "column",
    defaultText: "id",
  }),
  flagOnly("watch", "stay, and show every change; with -o json one line for each", { short: "-w", kind: "switch" }),
  flagOnly("check", "end with 3 unless there are peels and all of them are online", { kind: "switch" }),
  TIMEOUT,
];

const DOCUMENT_OUTPUT = flagOnly("output", "table, json or yaml", {
  short: "-o",
  placeholder: "format",
  defaultText: "table",
});

/** Of `fleet peel show`. */
export const PEEL_SHOW_SETTINGS: readonly Setting[] = [...NATS_SETTINGS, PARTITION, DOCUMENT_OUTPUT, TIMEOUT];

/** Of `fleet peel history`. */
export const PEEL_HISTORY_SETTINGS: readonly Setting[] = [
  ...NATS_SETTINGS,
  PARTITION,
  flagOnly("since", "time for which the availability is told", { placeholder: "duration", defaultText: "24h" }),
  DOCUMENT_OUTPUT,
  TIMEOUT,
];

/** Of `fleet peel count`. */
export const PEEL_COUNT_SETTINGS: readonly Setting[] = [
  ...NATS_SETTINGS,
  PARTITION,
  flagOnly("by", "state, version, os, arch or label:KEY", { placeholder: "what", defaultText: "state" }),
  ...FILTER_SETTINGS,
  DOCUMENT_OUTPUT,
  TIMEOUT,
];

/** Of `fleet peel forget`. */
export const PEEL_FORGET_SETTINGS: readonly Setting[] = [
  ...NATS_SETTINGS,
  PARTITION,
  flagOnly("force", "forget it also if it is online", { kind: "switch" }),
  flagOnly("yes", "do not ask for confirmation", { short: "-y", kind: "switch" }),
  TIMEOUT,
];
