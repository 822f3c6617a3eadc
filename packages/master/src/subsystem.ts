import type { LeaseGrant } from "@fleet/lease";
import type { Check, Metrics } from "@fleet/ops";
import type { Pulse, Service } from "@fleet/runtime";

/** One thing a master does, with what it shows of itself. A master is a list of these. */
export interface Subsystem extends Service {
  /** Its named checks in `/readyz`. */
  readonly checks: readonly Check[];
  /** Loops that must keep turning for the master to be alive. @default none */
  readonly pulses?: readonly Pulse[];
  /** Registers its metrics; called once. */
  registerMetrics(metrics: Metrics): void;
  /**
   * What only one master may do at a time: called by the holder of the publisher lease for each of its terms. It must
   * end when the grant's signal aborts, and is called again if it ends before.
   */
  readonly publish?: (grant: LeaseGrant) => Promise<void>;
}
