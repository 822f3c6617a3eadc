// Tells what a scrape allocates on the heap, and what of that is for each metric. To be run with a part of the heap for new
// objects that is so large that no garbage is collected meanwhile.
import { setImmediate as turn } from "node:timers/promises";
import { getHeapSpaceStatistics } from "node:v8";
import { createMetrics, type Metrics } from "@fleet/ops";
import { createPeel, resolvePeelOptions } from "@fleet/peel";
import { createLogger, systemClock } from "@fleet/runtime";
import { answer, givenOptions } from "../apart.ts";

/** What is measured, and by how many scrapes. */
export interface ScrapeAllocationOptions {
  readonly of: "peel" | "process" | MetricKind;
  readonly scrapes: number;
}

/**
 * What a scrape allocates, of a peel or of what every process tells of itself, or what one metric more adds to it, and
 * of `series` one time series more; and what of that is the text of the answer.
 */
export interface ScrapeAllocation {
  readonly allocatedBytes: number;
  readonly answerBytes: number;
}

export type MetricKind = "computed" | "counter" | "gauge" | "series" | "histogram";

/** Few enough that an answer is small beside a page of V8's heap: what is left of a page that is full counts as allocated. */
const MORE_METRICS = 20;
const SERIES = 4;
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Registers one more, and returns what changes it before each scrape. */
const KINDS: Readonly<Record<MetricKind, (metrics: Metrics, name: string) => (scrape: number) => void>> = {
  computed(metrics, name) {
    let value = 0;
    metrics.computedGauge(name, "One of many that are computed.", () => value);
    return (scrape) => {
      value = 1_000 + scrape;
    };
  },
  counter(metrics, name) {
    const counter = metrics.counter(`${name}_total`, "One of many that are kept.");
    return () => counter.inc();
  },
  gauge(metrics, name) {
    const gauge = metrics.gauge(name, "One of many that are kept.");
    return (scrape) => gauge.set(1_000 + scrape);
  },
  series(metrics, name) {
    const gauge = metrics.gauge(name, "One of many that are kept.", ["state"]);
    return (scrape) => {
      for (let state = 0; state < SERIES; state += 1) gauge.set({ state: `state-${state}` }, 1_000 + scrape);
    };
  },
  histogram(metrics, name) {
    const histogram = metrics.histogram(name, "One of many that are kept.", BOUNDS, ["result"]);
    return (scrape) => histogram.observe({ result: "ok" }, scrape % 12);
  },
};

/** The peel never runs: its metrics are registered when it is made. */
function peelMetrics(): Metrics {
  const logger = createLogger({ level: "error", base: {} }, { write() {} });
  const parts = { version: "v1", session: "s", clock: systemClock, random: Math.random, logger };
  return createPeel({ ...parts, config: resolvePeelOptions({ id: "bench" }) }).metrics;
}

interface HeapUse {
  /** Of the part for new objects: exact. */
  readonly youngBytes: number;
  /** Of the rest, which V8 counts by blocks of many objects. */
  readonly oldBytes: number;
}

function heapUse(): HeapUse {
  let [youngBytes, oldBytes] = [0, 0];
  for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
    if (space_name === "new_space") youngBytes += space_used_size;
    else oldBytes += space_used_size;
  }
  return { youngBytes, oldBytes };
}

/** One scrape of many: the median for new objects, free of what is left of a page that is full, and the mean for others. */
async function measure(
  scrape: () => Promise<string>,
  scrapes: number,
  change?: (round: number) => void,
): Promise<ScrapeAllocation> {
  // Until it is compiled: before that, V8 makes an object of each number that is no small integer.
  const warmUp = 3 * scrapes;
  const young: number[] = [];
  let [oldBytes, answerBytes] = [0, 0];
  for (let round = 0; round < warmUp + scrapes; round += 1) {
    change?.(round);
    // What a scrape has put off is done before the next: prom-client counts what waits.
    await turn();
    const before = heapUse();
    const { length } = await scrape();
    const after = heapUse();
    if (round < warmUp) continue;
    young.push(after.youngBytes - before.youngBytes);
    oldBytes += after.oldBytes - before.oldBytes;
    answerBytes += length;
  }
  const median = young.sort((a, b) => a - b)[scrapes >> 1] ?? Number.NaN;
  return { allocatedBytes: median + oldBytes / scrapes, answerBytes: answerBytes / scrapes };
}

/** What `more` has above `less`, by as many as it has more of. */
function difference(more: ScrapeAllocation, less: ScrapeAllocation, count = 1): ScrapeAllocation {
  return {
    allocatedBytes: (more.allocatedBytes - less.allocatedBytes) / count,
    answerBytes: (more.answerBytes - less.answerBytes) / count,
  };
}

const { of, scrapes } = givenOptions<ScrapeAllocationOptions>();
const metrics = of === "peel" ? peelMetrics() : createMetrics({ component: "peel", version: "v1" });
const scrape = async () => (await metrics.render()).body;
const alone = await measure(scrape, scrapes);
if (of === "peel" || of === "process") {
  answer(difference(alone, await measure(async () => "", scrapes)));
} else {
  const changes = Array.from({ length: MORE_METRICS }, (_, index) =>
    KINDS[of](metrics, `bench_${of}_${String(index).padStart(3, "0")}_seconds`),
  );
  const withMore = await measure(scrape, scrapes, (round) => {
    for (const change of changes) change(round);
  });
  answer(difference(withMore, alone, of === "series" ? MORE_METRICS * SERIES : MORE_METRICS));
}
