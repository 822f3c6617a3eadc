export type { Check, CheckReport, CheckResult, CheckStatus } from "./check.ts";
export type { ConfigurationValue } from "./configuration-value.ts";
export { type OpsErrorCode, opsErrors } from "./errors.ts";
export type { Exposition, ExpositionFormat } from "./exposition.ts";
export { readEach } from "./labelled-reading.ts";
export { formatListenAddress, type ListenAddress, listenAddressOption, parseListenAddress } from "./listen-address.ts";
export type { LogLevelPort } from "./log-level.ts";
export type { Counter, Gauge, Histogram, LabelValues, Reading, Sample } from "./metric.ts";
export type { MetricDescription, MetricType } from "./metric-family.ts";
export { createMetrics, type Metrics, type MetricsOptions, metricPrefixOption } from "./metrics.ts";
export {
  type GivenOperations,
  type OperationsConfig,
  type OperationsOptions,
  operationsConfig,
  operationsShape,
} from "./operations-options.ts";
export {
  createOperationsServer,
  type OperationsServer,
  type OperationsServerOptions,
  type RuntimeControl,
} from "./operations-server.ts";
export { createReadiness, type Readiness, type ReadinessOptions, type ReadinessReport } from "./readiness.ts";
export { createTransportCheck, type TransportState } from "./transport-check.ts";
export { registerTransportMetrics, type TransportTotals } from "./transport-metrics.ts";
