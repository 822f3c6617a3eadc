// A master's view that meets a fleet, and later reads all of it again.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createPresence } from "@fleet/presence";
import { connectSession } from "../../integration/bus-session.ts";
import { answer, givenOptions } from "../apart.ts";
import { memoryInUse } from "./heap.ts";
import { pause } from "./listening.ts";

export interface ReadingOptions {
  readonly url: string;
  readonly peels: number;
  readonly intervalMs: number;
  readonly ttlMs: number;
}

export interface Reading {
  readonly tookMs: number;
  /** Longest time for which nothing else could be done in the process. */
  readonly blockedMs: number;
}

export interface ReadingAnswer {
  readonly snapshot: Reading;
  readonly resync: Reading;
  /** The most memory that the process has had. */
  readonly peakRssMb: number;
}

const LOOK_MS = 5;
/** A view leaves so much time at least between two readings. */
const REST_MS = 2_500;

const { url, peels, intervalMs, ttlMs } = givenOptions<ReadingOptions>();
const { connection } = await connectSession({ urls: [url] });
const view = createPresence({ connection, intervalMs, ttlMs });
const snapshot = await read(
  () => void view.run(new AbortController().signal),
  () => view.blindness === undefined && view.counts.online === peels,
);
// What the first reading has left behind is not the second one's.
memoryInUse();
await pause(REST_MS);
const resync = await read(
  () => view.resync("drift"),
  () => view.resyncs.get("drift") === 1,
);
const peakRssMb = (process.resourceUsage().maxRSS * 1_024) / 1e6;
answer({ snapshot, resync, peakRssMb } satisfies ReadingAnswer);

async function read(begin: () => void, isOver: () => boolean): Promise<Reading> {
  const delays = monitorEventLoopDelay({ resolution: LOOK_MS });
  delays.enable();
  const startedMono = performance.now();
  begin();
  while (!isOver()) await pause(LOOK_MS);
  const tookMs = performance.now() - startedMono;
  delays.disable();
  return { tookMs, blockedMs: delays.max / 1e6 };
}
