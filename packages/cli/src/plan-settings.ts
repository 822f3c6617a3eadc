import { flagOnly, type Setting } from "./setting.ts";

/** The fleet that `fleet plan` is told of. */
export const CAPACITY_SETTINGS: readonly Setting[] = [
  flagOnly("peels", "peels in the fleet; must be given", { placeholder: "count" }),
  flagOnly("interval", "time between two beats of a peel", { placeholder: "duration", defaultText: "10s" }),
  flagOnly("replicas", "copies of each bucket: 1, 3 or 5", { placeholder: "count", defaultText: "1" }),
  flagOnly("masters", "masters for each partition, of which one publishes", {
    placeholder: "count",
    defaultText: "2",
  }),
  flagOnly("connections", "per-peel, or pooled where many peels share one", {
    placeholder: "kind",
    defaultText: "per-peel",
  }),
  flagOnly("broker-cores", "cores of one broker's machine", { placeholder: "count", defaultText: "8" }),
  flagOnly("broker-memory", "memory of one broker's machine, in GB", { placeholder: "count", defaultText: "64" }),
];

/** How the plan is shown. */
export const PLAN_OUTPUT: Setting = flagOnly("output", "table, json, or config for a configuration file", {
  short: "-o",
  placeholder: "format",
  defaultText: "table",
});
