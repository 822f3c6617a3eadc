/** What a run has measured, once. */
export interface Measurement {
  /** In words, the same in every run: `acknowledged beats`. */
  readonly what: string;
  /** `1/s`, `ms`, `MB`, `us`, `%`. */
  readonly unit: string;
  readonly value: number;
  /** What cannot be beaten, measured in the same run. */
  readonly limit?: { readonly what: string; readonly value: number };
  /** What is asked for, by design. */
  readonly budget?: Budget;
}

/** A bound for the median: `most` for what should be small, `least` for what should be great. */
export interface Budget {
  readonly least?: number;
  readonly most?: number;
}

/** What a run needs to know. */
export interface BenchmarkContext {
  /** The nats-server program. */
  readonly serverPath: string;
  /** Only show that it works: small sizes, short times. */
  readonly brief: boolean;
  /** Tells the person who waits. */
  readonly note: (text: string) => void;
}

export interface Benchmark {
  /** As on the command line: `beats`. */
  readonly name: string;
  readonly summary: string;
  /** Measures once. */
  run(context: BenchmarkContext): Promise<Measurement[]>;
}
