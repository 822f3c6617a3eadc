/** The labels' values, where a metric has labels. */
export type LabelArgument<Label extends string> = [Label] extends [never] ? [] : [labels: LabelValues<Label>];

/** A value for every label. Each combination is a time series: never an id, a subject or a message. */
export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

/** Counts events; it only rises. */
export interface Counter<Label extends string = never> {
  /** @default by 1 */
  inc(...args: [...LabelArgument<Label>, by?: number]): void;
}

/** A value that goes up and down. */
export interface Gauge<Label extends string = never> {
  set(...args: [...LabelArgument<Label>, value: number]): void;
}

/** Counts observations by size. */
export interface Histogram<Label extends string = never> {
  /** Takes the value in the unit of the name: seconds, bytes. */
  observe(...args: [...LabelArgument<Label>, value: number]): void;
}

/** One time series of a labelled metric, as of now. */
export interface Sample<Label extends string> {
  readonly labels: LabelValues<Label>;
  readonly value: number;
}

/** A metric as of now: its value, or `undefined` while it is unknown; with labels, its known series. */
export type Reading<Label extends string = never> = [Label] extends [never]
  ? number | undefined
  : readonly Sample<Label>[];
