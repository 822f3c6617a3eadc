import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

export interface MemoryInUse {
  /** On the heap and in buffers outside it, all of it reachable. */
  readonly usedBytes: number;
  /** What the process has of the machine's memory. */
  readonly rssBytes: number;
}

/** What is in use once everything that nobody can reach has been collected. */
export function memoryInUse(): MemoryInUse {
  // What finalizers let go of takes a second round.
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { usedBytes: heapUsed + external, rssBytes: rss };
}
