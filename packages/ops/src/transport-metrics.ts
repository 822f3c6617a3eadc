import type { Metrics } from "./metrics.ts";

/** Totals since the process began, kept by whoever holds the NATS connection. */
export interface TransportTotals {
  readonly reconnects: number;
  readonly disconnects: number;
  readonly slowConsumers: number;
}

/** Shows a NATS connection's totals, read at every scrape. Once per {@link Metrics}. */
export function registerTransportMetrics(metrics: Metrics, source: TransportTotals): void {
  metrics.computedCounter("nats_reconnects_total", "NATS reconnections.", () => source.reconnects);
  metrics.computedCounter("nats_disconnects_total", "NATS disconnections.", () => source.disconnects);
  metrics.computedCounter("nats_slow_consumers_total", "NATS slow consumer events.", () => source.slowConsumers);
}
