// Tells what a scrape allocates on the heap, and what of that is for each metric. To be run with a part of the heap for new
// objects that is so large that no garbage is collected meanwhile.
import { setImmediate as turn } from "node:timers/promises";
import { getHeapSpaceStatistics } from "node:v8";
import { createMetrics, type Metrics } from "@fleet/ops";
import { createPeel, resolvePeelOptions } from "@fleet/peel";
import { createLogger, systemClock } from "@fleet/runtime";
import { answer, givenOptions } from "../apart.ts";
import { median } from "../statistics.ts";

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

/**
 * Few enough that an answer is small beside a page of the heap of V8: what is left of a page that is full counts as allocated. Enough
 * that what one scrape of the same allocates more than another, 1.6 kB in one process or the other, is little for each.
 */
const MORE_METRICS = 40;
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

type Scrape = () => Promise<string>;

/** What a scrape allocates: exactly among new objects, and with the blocks that V8 took meanwhile among others. */
async function allocated(scrape: Scrape): Promise<HeapUse & { readonly answerBytes: number }> {
  // What a scrape has put off is done before the next: prom-client counts what waits.
  await turn();
  const before = heapUse();
  const { length: answerBytes } = await scrape();
  const after = heapUse();
  return {
    youngBytes: after.youngBytes - before.youngBytes,
    oldBytes: after.oldBytes - before.oldBytes,
    answerBytes,
  };
}

/**
 * What one scrape has above another, asked in turns so that V8 has compiled the same for both: of new objects the median,
 * free of what is left of a page that is full, and of others the mean.
 */
async function measure(less: Scrape, more: Scrape, change: (round: number) => void): Promise<ScrapeAllocation> {
  // Until it is compiled: before that, V8 makes an object of each number that is no small integer.
  const warmUp = 3 * scrapes;
  const young: number[] = [];
  let [oldBytes, answerBytes] = [0, 0];
  for (let round = 0; round < warmUp + scrapes; round += 1) {
    change(round);
    const [one, other] = [await allocated(less), await allocated(more)];
    if (round < warmUp) continue;
    young.push(other.youngBytes - one.youngBytes);
    oldBytes += other.oldBytes - one.oldBytes;
    answerBytes += other.answerBytes - one.answerBytes;
  }
  return { allocatedBytes: median(young) + oldBytes / scrapes, answerBytes: answerBytes / scrapes };
}

const processMetrics = () => createMetrics({ component: "peel", version: "v1" });
const scrapeOf = (metrics: Metrics) => async () => (await metrics.render()).body;

const { of, scrapes } = givenOptions<ScrapeAllocationOptions>();
if (of === "peel" || of === "process") {
  const metrics = of === "peel" ? peelMetrics() : processMetrics();
  const nothing = async () => "";
  answer(await measure(nothing, scrapeOf(metrics), () => {}));
} else {
  const metrics = processMetrics();
  const changes = Array.from({ length: MORE_METRICS }, (_, index) =>
    KINDS[of](metrics, `bench_${of}_${String(index).padStart(3, "0")}_seconds`),
  );
  const more = await measure(scrapeOf(processMetrics()), scrapeOf(metrics), (round) => {
    for (const change of changes) change(round);
  });
  const count = of === "series" ? MORE_METRICS * SERIES : MORE_METRICS;
  answer({ allocatedBytes: more.allocatedBytes / count, answerBytes: more.answerBytes / count });
}
