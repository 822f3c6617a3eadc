import { resolveCapacityOptions } from "./capacity-options.ts";
import { type CapacityPlan, capacityLimits, planCapacity } from "./capacity-plan.ts";
import {
  COEFFICIENT_NAMES,
  type Coefficient,
  type CoefficientRow,
  type CoefficientsDocument,
  coefficientValues,
} from "./coefficients.ts";
import { showBytes, showNumber } from "./shown-figure.ts";

/** Rows of cells, the first of them the headings. */
export type TableRows = readonly (readonly string[])[];

const SIZES = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] as const;

/** How a fleet's needs grow with its size, over few connections and with one for each peel, at the default interval. */
export function growthTable(document: CoefficientsDocument): TableRows {
  const values = coefficientValues(document);
  const headings = [
    "peels",
    "connections",
    "beats/s",
    "regions × brokers",
    "partitions of a region",
    "broker cores",
    "broker memory",
    "masters",
    "cores of one",
    "memory of one",
    "to each master",
  ];
  const rows = SIZES.flatMap((peels) =>
    (["pooled", "per-peel"] as const).map((connections) =>
      rowOf(planCapacity(resolveCapacityOptions({ peels: String(peels), connections }), values)),
    ),
  );
  return [headings, ...rows];
}

function rowOf(plan: CapacityPlan): string[] {
  const { config, broker, master, network } = plan;
  const toOne = network.toMastersBytesPerSecond / plan.masters;
  return [
    config.peels.toLocaleString("en-US"),
    config.connections === "pooled" ? "few" : "one a peel",
    Math.round(plan.beatsPerSecond).toLocaleString("en-US"),
    `${plan.regions} × ${plan.brokers}`,
    String(plan.partitions),
    showNumber(broker.cores),
    showBytes(broker.memoryBytes),
    String(plan.masters),
    showNumber(master.cores),
    showBytes(master.memoryBytes),
    `${showBytes(toOne)}/s`,
  ];
}

/** Every coefficient with where it comes from. */
export function coefficientTable({ coefficients }: CoefficientsDocument): TableRows {
  return [
    ["coefficient", "value", "what it is", "measured", "source"],
    ...COEFFICIENT_NAMES.map((name) => {
      const { value, unit, meaning, source } = coefficients[name];
      return [
        `\`${name}\``,
        `${value.toLocaleString("en-US")} ${unit}`,
        meaning,
        `${source.measuredAt}, nats-server ${source.server}`,
        sourceText(source),
      ];
    }),
  ];
}

function sourceText(source: Coefficient["source"]): string {
  if (source.kind === "reference") return `by hand: ${source.what}; ${source.machine}`;
  return `[${source.name}](benchmarks.md#${source.name}): ${figureText(source)}; ${source.machine}`;
}

/** Two coefficients may come from one row. */
function figureText({ row, figure = "value", dividedBy = 1 }: CoefficientRow): string {
  const figures = {
    value: row,
    limit: `what "${row}" is held against`,
    difference: `what "${row}" is above what it is held against`,
  };
  return dividedBy === 1 ? figures[figure] : `${figures[figure]}, divided by ${dividedBy}`;
}

/** What gives way first, at the default interval and on machines of the default size. */
export function limitsTable(document: CoefficientsDocument): TableRows {
  const limits = capacityLimits(resolveCapacityOptions({ peels: "1" }), coefficientValues(document));
  return [
    ["what", "beats/s", "peels at 10 s"],
    ...limits.map(({ what, beatsPerSecond, atMostPeels }) => [
      what,
      beatsPerSecond === undefined ? "any" : showNumber(beatsPerSecond),
      showNumber(atMostPeels),
    ]),
  ];
}

/** What a million peels over few connections leave out, in a sentence. */
export function connectionsText(document: CoefficientsDocument): string {
  const values = coefficientValues(document);
  const options = { peels: "1000000", masters: "1", brokerCores: "1024", brokerMemory: "1000" };
  const { broker } = planCapacity(resolveCapacityOptions(options), values);
  const bytes = showBytes(values.brokerBytesPerConnection);
  const us = showNumber(values.brokerCpuUsPerBeatOfConnection);
  return `A connection for each peel costs about ${bytes} and ${us} us a beat: ${showNumber(broker.cores)} cores and ${showBytes(broker.memoryBytes)} for a million on one broker, with one master.`;
}
