import type { Check, Metrics } from "@fleet/ops";
import type { Service } from "@fleet/runtime";

/** One thing a master does, with what it shows of itself. A master is a list of these. */
export interface Subsystem extends Service {
  /** Its named checks in `/readyz`. */
  readonly checks: readonly Check[];
  /** Registers its metrics; called once. */
  registerMetrics(metrics: Metrics): void;
}
