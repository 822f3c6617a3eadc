/** What a run has measured, once. */
export interface Measurement {
  /** In words, the same in every run: `acknowledged beats`. */
  readonly what: string;
  /** `1/s`, `ms`, `MB`, `us`, `%`; empty for a plain number. */
  readonly unit: string;
  readonly value: number;
  /** Why it could not be measured here; the value is NaN then. */
  readonly notMeasured?: string;
  /** What cannot be beaten, or what it is held against, measured in the same run. */
  readonly limit?: { readonly what: string; readonly value: number };
  /** What is asked for, by design. */
  readonly budget?: Budget;
}

/** A bound for the median: `most` for what should be small, `least` for what should be great. */
export interface Budget {
  readonly least?: number;
  readonly most?: number;
  /** The same for the ratio to the limit, whatever the machine: `1.7` is 1.7 times the limit. */
  readonly mostOfLimit?: number;
}

/** What a run needs to know. */
export interface BenchmarkContext {
  /** The nats-server program. */
  readonly serverPath: string;
  /** Only show that it works: small sizes, short times. */
  readonly brief: boolean;
  /** Tells the person who waits. */
  readonly note: (text: string) => void;
  /** Names other software that takes part, and its version, so that it is told beside the figures. */
  readonly uses: (software: string, version: string) => void;
}

export interface Benchmark {
  /** As on the command line: `beats`. */
  readonly name: string;
  /** One line for a list. */
  readonly summary: string;
  /** What the figures are of, and under which load, in whole sentences for the page. */
  readonly measures: string;
  /** What they do not tell, in whole sentences. */
  readonly leavesOut: string;
  /** How often it is run unless something else is asked for. @default 3: fewer show nothing of the noise */
  readonly runs?: number;
  /** Takes so long that it runs only when it is named. @default false */
  readonly onlyNamed?: boolean;
  /** Measures once. */
  run(context: BenchmarkContext): Promise<Measurement[]>;
}
