import * as z from "zod";

/** What is measured; the units are part of the names, in the file of coefficients as well. */
export const COEFFICIENT_NAMES = [
  "brokerCpuUsPerBeat",
  "brokerCpuUsPerBeatOfConnection",
  "brokerCpuSharePerCopy",
  "brokerCpuUsPerDelivery",
  "brokerBytesPerPeel",
  "brokerBytesPerConnection",
  "brokerDiskBytesPerKey",
  "brokerDiskBytesPerPeelKnown",
  "bucketBeatsPerSecond",
  "replicatedBucketShare",
  "masterCpuUsPerBeat",
  "masterBytesPerPeel",
  "masterIndexBytesPerPeel",
  "masterBytesPerPeelElsewhere",
  "beatBytesUp",
  "beatBytesDown",
  "beatBytesToMaster",
] as const;

export type CoefficientName = (typeof COEFFICIENT_NAMES)[number];

/** The values alone, for arithmetic. */
export type CoefficientValues = Readonly<Record<CoefficientName, number>>;

const UNITS = ["us", "bytes", "1/s", "of one copy"] as const;
const ROW_FIGURES = ["value", "limit", "difference"] as const;

/** Where a benchmark measures a coefficient. */
export interface CoefficientRow {
  /** The benchmark. */
  readonly name: string;
  readonly row: string;
  /** What of the row: the value itself, the limit that it is held against, or what lies between them. @default "value" */
  readonly figure?: (typeof ROW_FIGURES)[number] | undefined;
  /** How many of what is meant the figure is for. @default 1 */
  readonly dividedBy?: number | undefined;
}

const text = z.string().min(1);
const row = { name: text, row: text, figure: z.enum(ROW_FIGURES).optional(), dividedBy: z.int().positive().optional() };
const place = { measuredAt: z.string().regex(/^\d{4}-\d{2}(-\d{2})?$/), machine: text, server: text };

const coefficient = z.strictObject({
  value: z.number().positive(),
  unit: z.enum(UNITS),
  meaning: text,
  benchmark: z.strictObject(row).optional(),
  source: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("benchmark"), ...row, commit: text, ...place }),
    z.strictObject({ kind: z.literal("reference"), what: text, ...place }),
  ]),
});

/** One measured figure, with where and when it was measured. */
export interface Coefficient {
  readonly value: number;
  readonly unit: (typeof UNITS)[number];
  readonly meaning: string;
  /** The row that measures it, if there is one. */
  readonly benchmark?: CoefficientRow | undefined;
  readonly source: CoefficientSource;
}

/** A row of a benchmark that anybody can run again, or a figure that somebody has taken once. */
export type CoefficientSource = {
  /** ISO 8601, to the day or to the month. */
  readonly measuredAt: string;
  readonly machine: string;
  /** Version of the nats-server. */
  readonly server: string;
} & (
  | ({ readonly kind: "benchmark"; readonly commit: string } & CoefficientRow)
  | { readonly kind: "reference"; readonly what: string }
);

export type Coefficients = Readonly<Record<CoefficientName, Coefficient>>;

/** The file `coefficients.json`. */
export interface CoefficientsDocument {
  readonly schemaVersion: 1;
  readonly coefficients: Coefficients;
}

const schema = z.strictObject({
  schemaVersion: z.literal(1),
  coefficients: z.record(z.enum(COEFFICIENT_NAMES), coefficient),
});

/** Reads the file's text. Throws when anything is missing or unknown: a plan without a figure would be a guess. */
export function parseCoefficients(text: string): CoefficientsDocument {
  return schema.parse(JSON.parse(text)) as CoefficientsDocument;
}

export function coefficientValues({ coefficients }: CoefficientsDocument): CoefficientValues {
  return Object.fromEntries(COEFFICIENT_NAMES.map((name) => [name, coefficients[name].value])) as CoefficientValues;
}
