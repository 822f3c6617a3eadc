import { setFlagsFromString } from "node:v8";

/**
 * Keeps the part of the heap for new objects small, which V8 else lets grow to twice 16 MB after any burst of requests, and
 * never takes back. For a process that does little: a peel has 6 MB less at rest and 30 MB less after 2,000 probes; one
 * that does much would collect garbage all the time. Call it before the modules that the process is made of are loaded:
 * what the heap has grown to by then stays until the next collection.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
