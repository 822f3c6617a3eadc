import type { ProbeResult, Prober } from "@fleet/presence";
import { type Clock, sleep } from "@fleet/runtime";
import type { PingReply } from "@fleet/wire";

/** Time from a ping to its answer, in ms. */
export interface RoundTrips {
  readonly minMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
}

/** What pinging one peel a number of times showed. */
export interface PingSeries {
  readonly id: string;
  readonly sent: number;
  readonly answered: number;
  /** `answered` if it answered at all, else how the last ping ended. */
  readonly result: ProbeResult["kind"];
  /** Why the last ping has neither an answer nor the lack of one: the asking failed. */
  readonly reason: string | undefined;
  /** The last answer. */
  readonly reply: PingReply | undefined;
  /** `undefined` if it never answered. */
  readonly roundTrips: RoundTrips | undefined;
}

export interface PingSeriesOptions {
  readonly prober: Pick<Prober, "probe">;
  readonly count: number;
  /** Time between the starts of two pings; the next one waits for the end of the last. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Pings one peel. Never rejects. */
export async function pingSeries(id: string, options: PingSeriesOptions): Promise<PingSeries> {
  const { prober, count, intervalMs, timeoutMs, clock } = options;
  const results: ProbeResult[] = [];
  while (results.length < count) {
    const startedMono = clock.monoMs();
    results.push(await prober.probe(id, { timeoutMs }));
    if (results.length < count) await sleep(clock, startedMono + intervalMs - clock.monoMs());
  }
  return summarize(id, results);
}

function summarize(id: string, results: readonly ProbeResult[]): PingSeries {
  const answers = results.filter((result) => result.kind === "answered");
  const last = results.at(-1);
  const times = answers.map(({ roundTripMs }) => roundTripMs);
  const totalMs = times.reduce((sum, timeMs) => sum + timeMs, 0);
  return {
    id,
    sent: results.length,
    answered: answers.length,
    result: answers.length > 0 ? "answered" : (last?.kind ?? "unknown"),
    reason: last?.kind === "unknown" ? last.reason : undefined,
    reply: answers.at(-1)?.reply,
    roundTrips:
      times.length > 0
        ? { minMs: Math.min(...times), meanMs: totalMs / times.length, maxMs: Math.max(...times) }
        : undefined,
  };
}
