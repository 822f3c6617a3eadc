export type { Check, CheckReport, CheckResult, CheckStatus } from "./check.ts";
export { type OpsErrorCode, opsErrors } from "./errors.ts";
export { formatListenAddress, type ListenAddress, listenAddressOption, parseListenAddress } from "./listen-address.ts";
export type { Counter, Gauge, Histogram, LabelValues, Reading, Sample } from "./metric.ts";
export { createMetrics, type Metrics, type MetricsOptions, metricPrefixOption } from "./metrics.ts";
export { createOperationsServer, type OperationsServer, type OperationsServerOptions } from "./operations-server.ts";
export { createReadiness, type Readiness, type ReadinessOptions, type ReadinessReport } from "./readiness.ts";
export { createTransportCheck, type TransportState } from "./transport-check.ts";
export { registerTransportMetrics, type TransportTotals } from "./transport-metrics.ts";
