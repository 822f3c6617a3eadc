import { setFlagsFromString } from "node:v8";

/** The flag has another name, and counts calls, from V8 12 (Node.js 22) on. */
const COMPILE_LATER =
  Number.parseInt(process.versions.v8, 10) < 12
    ? "--interrupt-budget=1320000"
    : "--invocation-count-for-turbofan=60000";

/** What {@link keepHeapSmall} sets, for whoever measures in another process. */
export const SMALL_HEAP_FLAGS: readonly string[] = [
  // Else the part of the heap for new objects grows to twice 16 MB after any burst of requests, and stays at that.
  "--semi-space-growth-factor=1",
  // Old garbage is collected when there is a few MB of it, not twice as much as there was.
  "--optimize-for-size",
  // A function must be used 20 times as much as V8 thinks enough before it is optimized: while a process starts, the
  // optimizer takes memory for all that is used then, and keeps it.
  COMPILE_LATER,
];

/**
 * Keeps what V8 takes for itself small, at the price of speed, for a process that does little; one that does much would collect
 * garbage all the time. Call it before the modules that the process is made of are loaded: what the heap has grown to
 * by then stays until the next collection.
 */
export function keepHeapSmall(): void {
  for (const flag of SMALL_HEAP_FLAGS) setFlagsFromString(flag);
}
