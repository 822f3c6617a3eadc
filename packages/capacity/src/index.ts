export { type CapacityConfig, type CapacityOptions, resolveCapacityOptions } from "./capacity-options.ts";
export { type CapacityLimit, type CapacityPlan, capacityLimits, planCapacity } from "./capacity-plan.ts";
export { type MeasuredBenchmark, refreshCoefficients } from "./coefficient-refresh.ts";
export {
  COEFFICIENT_NAMES,
  type Coefficient,
  type CoefficientName,
  type CoefficientRow,
  type CoefficientSource,
  type Coefficients,
  type CoefficientsDocument,
  type CoefficientValues,
  coefficientValues,
  parseCoefficients,
} from "./coefficients.ts";
export { type DetectionBounds, detectionBounds } from "./detection-bounds.ts";
export { coefficientTable, connectionsText, growthTable, limitsTable, type TableRows } from "./growth-table.ts";
export { fleetConfiguration, serverConfiguration } from "./plan-configuration.ts";
export { showBytes, showNumber } from "./shown-figure.ts";
