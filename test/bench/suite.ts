import { beatsBenchmark } from "./beats-benchmark.ts";
import type { Benchmark } from "./benchmark.ts";
import { countBenchmark } from "./count-benchmark.ts";
import { operationsBenchmark } from "./operations-benchmark.ts";
import { peelBenchmark } from "./peel-benchmark.ts";

/** All benchmarks, in the order in which they run and are told. */
export const BENCHMARKS: readonly Benchmark[] = [beatsBenchmark, countBenchmark, peelBenchmark, operationsBenchmark];
