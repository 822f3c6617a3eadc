import { createRequire } from "node:module";
import type * as client from "prom-client";

/*
 * The parts of prom-client that are used, one by one: as a whole it brings OpenTelemetry's API, `cluster` and `https`
 * along, which can take 40 ms to load, where these take 5.
 */
const load = createRequire(import.meta.url);

export const Registry: typeof client.Registry = load("prom-client/lib/registry");

/** All that `collectDefaultMetrics` has but `processCpuTotal`, for whose exemplars OpenTelemetry is loaded. */
const COLLECTORS = [
  "processStartTime",
  "osMemoryHeap",
  "processOpenFileDescriptors",
  "processMaxFileDescriptors",
  "eventLoopLag",
  "processResources",
  "processHandles",
  "processRequests",
  "heapSizeAndUsed",
  "heapSpacesSizeAndUsed",
  "version",
  "gc",
];

type Collector = (registry: client.Registry, options: { readonly eventLoopMonitoringPrecision: number }) => void;

/** Registers what prom-client tells of the process itself, apart from the time it has computed. */
export function collectProcessMetrics(...[registry, options]: Parameters<Collector>): void {
  for (const name of COLLECTORS) (load(`prom-client/lib/metrics/${name}`) as Collector)(registry, options);
}
