// Tells what a scrape of a peel's metrics allocates on the heap, and what of that is for each metric. To be run with a part of
// the heap for new objects that is so large that no garbage is collected meanwhile.
import type { Metrics } from "@fleet/ops";
import { createPeel, resolvePeelOptions } from "@fleet/peel";
import { createLogger, systemClock } from "@fleet/runtime";
import { answer, givenOptions } from "../apart.ts";

/** How much is measured. */
export interface ScrapeAllocationOptions {
  readonly scrapes: number;
}

export interface ScrapeAllocation {
  /** A scrape of a peel, with its answer. */
  readonly allocatedBytes: number;
  readonly answerBytes: number;
  /** What each metric more adds to a scrape: one that is computed at the scrape, and one that prom-client keeps. */
  readonly perMetric: Readonly<Record<"computed" | "kept", { allocatedBytes: number; answerBytes: number }>>;
}

const MORE_METRICS = 200;

/** The peel never runs: its metrics are registered when it is made. */
function peelMetrics(): Metrics {
  const logger = createLogger({ level: "error", base: {} }, { write() {} });
  const parts = { version: "v1", session: "s", clock: systemClock, random: Math.random, logger };
  return createPeel({ ...parts, config: resolvePeelOptions({ id: "bench" }) }).metrics;
}

interface Scraped {
  readonly allocatedBytes: number;
  readonly answerBytes: number;
}

/** A scrape as the mean of many. */
async function scrape(metrics: Metrics, scrapes: number): Promise<Scraped> {
  // Until it is compiled: compiled code may allocate less.
  for (let each = 0; each < scrapes; each += 1) await metrics.render();
  let answerBytes = 0;
  const before = process.memoryUsage().heapUsed;
  for (let each = 0; each < scrapes; each += 1) answerBytes += (await metrics.render()).body.length;
  return { allocatedBytes: (process.memoryUsage().heapUsed - before) / scrapes, answerBytes: answerBytes / scrapes };
}

const { scrapes } = givenOptions<ScrapeAllocationOptions>();
const metrics = peelMetrics();
const alone = await scrape(metrics, scrapes);
const name = (kind: string, index: number) => `bench_${kind}_${String(index).padStart(3, "0")}_seconds`;

for (let index = 0; index < MORE_METRICS; index += 1) {
  metrics.computedGauge(name("computed", index), "One of many that are computed.", () => index);
}
const withComputed = await scrape(metrics, scrapes);
for (let index = 0; index < MORE_METRICS; index += 1) {
  metrics.gauge(name("kept", index), "One of many that are kept.").set(index);
}
const withBoth = await scrape(metrics, scrapes);

const perMetric = (less: Scraped, more: Scraped): Scraped => ({
  allocatedBytes: (more.allocatedBytes - less.allocatedBytes) / MORE_METRICS,
  answerBytes: (more.answerBytes - less.answerBytes) / MORE_METRICS,
});
answer({
  ...alone,
  perMetric: { computed: perMetric(alone, withComputed), kept: perMetric(withComputed, withBoth) },
} satisfies ScrapeAllocation);
