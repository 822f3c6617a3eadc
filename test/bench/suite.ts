import { beatsBenchmark } from "./beats-benchmark.ts";
import type { Benchmark } from "./benchmark.ts";
import { connectionsBenchmark } from "./connections-benchmark.ts";
import { countBenchmark } from "./count-benchmark.ts";
import { detectionBenchmark } from "./detection-benchmark.ts";
import { failoverBenchmark } from "./failover-benchmark.ts";
import { indexBenchmark } from "./index-benchmark.ts";
import { listBenchmark } from "./list-benchmark.ts";
import { massBenchmark } from "./mass-benchmark.ts";
import { memoryBenchmark } from "./memory-benchmark.ts";
import { millionBenchmark } from "./million-benchmark.ts";
import { operationsBenchmark } from "./operations-benchmark.ts";
import { peelBenchmark } from "./peel-benchmark.ts";
import { resyncBenchmark } from "./resync-benchmark.ts";
import { rivalsBenchmark } from "./rivals-benchmark.ts";
import { standbyBenchmark } from "./standby-benchmark.ts";

/** All benchmarks, in the order in which they run and are told. */
export const BENCHMARKS: readonly Benchmark[] = [
  beatsBenchmark,
  indexBenchmark,
  countBenchmark,
  resyncBenchmark,
  massBenchmark,
  failoverBenchmark,
  standbyBenchmark,
  connectionsBenchmark,
  memoryBenchmark,
  peelBenchmark,
  operationsBenchmark,
  listBenchmark,
  detectionBenchmark,
  rivalsBenchmark,
  millionBenchmark,
];
