// Hears a fleet join, and says what an index needs for each of its peels.
import { createPresence } from "@fleet/presence";
import { connectSession } from "../../integration/bus-session.ts";
import { answer, givenOptions } from "../apart.ts";
import { memoryInUse } from "./heap.ts";
import { pause } from "./listening.ts";

export interface IndexMemoryOptions {
  readonly url: string;
  readonly peels: number;
  readonly intervalMs: number;
  readonly ttlMs: number;
  /** Published on when the fleet may join. */
  readonly readySubject: string;
}

export interface IndexMemoryAnswer {
  /** Reachable, on the heap and in buffers. */
  readonly usedBytesPerPeel: number;
  /** What the process has grown by. */
  readonly rssBytesPerPeel: number;
}

const LOOK_MS = 50;

const { url, peels, intervalMs, ttlMs, readySubject } = givenOptions<IndexMemoryOptions>();
const { connection } = await connectSession({ urls: [url] });
const view = createPresence({ connection, intervalMs, ttlMs });
void view.run(new AbortController().signal);
while (view.blindness !== undefined) await pause(LOOK_MS);
const before = memoryInUse();
connection.publish(readySubject, new Uint8Array());
while (view.counts.online < peels) await pause(LOOK_MS);
const after = memoryInUse();
answer({
  usedBytesPerPeel: (after.usedBytes - before.usedBytes) / peels,
  rssBytesPerPeel: (after.rssBytes - before.rssBytes) / peels,
} satisfies IndexMemoryAnswer);
