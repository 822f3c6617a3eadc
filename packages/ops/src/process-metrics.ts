import { createGauge } from "./kept-metric.ts";
import type { MetricDescription, MetricFamily } from "./metric-family.ts";
import { collectProcessMetrics, Registry } from "./prometheus-client.ts";

/** What Node.js and the system say of this process. */
export interface ProcessMetrics {
  readonly families: readonly MetricFamily[];
  /** Asks them. */
  refresh(): Promise<void>;
}

/**
 * The event-loop delay monitor of prom-client ticks every 10 ms, which alone costs a resting peel 0.7 % of a CPU
 * (budget: 0.1 %), and slower ticks are added to the delays it tells. So it never ticks, and what it would say is left
 * out; `nodejs_eventloop_lag_seconds`, measured at the scrape, stays.
 */
const DELAY_MONITOR_RESOLUTION_MS = 2 ** 31 - 1;
const DELAY_MONITOR_METRICS = ["min", "max", "mean", "stddev", "p50", "p90", "p99"].map(
  (figure) => `nodejs_eventloop_lag_${figure}_seconds`,
);

/** Gauges that end like counters, which OpenMetrics forbids; `nodejs_active_handles{type}` and so on tell the same. */
const MISNAMED_METRICS = ["handles", "requests", "resources"].map((what) => `nodejs_active_${what}_total`);

const MICROS_PER_SECOND = 1e6;

/** What prom-client has in a metric; its types leave most of it out. */
interface CollectedMetric extends Omit<MetricDescription, "labels"> {
  readonly labelNames: readonly string[];
  get(): Promise<Pick<MetricFamily, "values">>;
}

/** Collects what prom-client knows to tell of a process, all of `process_*` and `nodejs_*`, and the time it has computed. */
export function createProcessMetrics(): ProcessMetrics {
  const cpuMetrics: MetricFamily[] = [];
  const cpuSeconds = (name: string, help: string) => {
    const { metric, values } = createGauge([]);
    cpuMetrics.push({ name, type: "counter", help, labels: [], values });
    return metric;
  };
  const userSeconds = cpuSeconds("process_cpu_user_seconds_total", "Total user CPU time spent in seconds.");
  const systemSeconds = cpuSeconds("process_cpu_system_seconds_total", "Total system CPU time spent in seconds.");
  const allSeconds = cpuSeconds("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.");

  const registry = new Registry();
  collectProcessMetrics(registry, { eventLoopMonitoringPrecision: DELAY_MONITOR_RESOLUTION_MS });
  for (const name of [...DELAY_MONITOR_METRICS, ...MISNAMED_METRICS]) registry.removeSingleMetric(name);
  const collected = registry.getMetricsAsArray() as unknown as readonly CollectedMetric[];
  const families = collected.map(({ name, type, help, labelNames }) => {
    const values: MetricFamily["values"] = [];
    return { name, type, help, labels: labelNames, values };
  });

  return {
    families: [...cpuMetrics, ...families],
    async refresh() {
      const { user, system } = process.cpuUsage();
      userSeconds.set(user / MICROS_PER_SECOND);
      systemSeconds.set(system / MICROS_PER_SECOND);
      allSeconds.set((user + system) / MICROS_PER_SECOND);
      const read = await Promise.all(collected.map((metric) => metric.get()));
      read.forEach(({ values }, index) => {
        const family = families[index];
        if (family) family.values = values;
      });
    },
  };
}
