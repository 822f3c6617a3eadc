import { createFakeClock, type FakeClock } from "@fleet/runtime/testing";
import { LiveIndex, type LookupFinding, type ProbeFinding } from "../live-index.ts";
import type { Transition } from "../transition.ts";

export interface IndexWorldOptions {
  readonly ttlMs?: number;
  readonly intervalMs?: number;
}

/** An index in a test's hand: peels that beat, a broker that answers, and everything that was told. */
export interface IndexWorld {
  readonly clock: FakeClock;
  readonly index: LiveIndex;
  /** What was told: `web1 online joined`. */
  readonly told: string[];
  readonly transitions: Transition[];
  /** What the bucket says to a lookup. */
  lookup: LookupFinding;
  /** What a probe finds; `undefined`: it has no answer yet. */
  probe: ProbeFinding | undefined;
  /** Connects, and reads an empty bucket. */
  begin(): void;
  beat(id: string, beat?: { session?: string; seq?: number; ping?: boolean; intervalMs?: number }): void;
  /** Lets time pass, as a view does; `beating` beat at their interval meanwhile. */
  pass(ms: number, beating?: readonly string[]): Promise<void>;
  /** What was told since the last call. */
  news(): string[];
}

const TICK_MS = 50;

export function createIndexWorld({ ttlMs = 30_000, intervalMs = 10_000 }: IndexWorldOptions = {}): IndexWorld {
  const clock = createFakeClock();
  const told: string[] = [];
  const transitions: Transition[] = [];
  const seqs = new Map<string, number>();
  let shown = 0;
  const index = new LiveIndex({
    clock,
    ttlMs,
    intervalMs,
    onTransition(transition) {
      const { id, state, reason, mass } = transition;
      transitions.push(transition);
      told.push(`${id} ${state} ${reason}${mass ? " mass" : ""}`);
    },
    onProbe(id, delayMs) {
      clock.setTimer(delayMs, () => {
        if (world.probe) index.probed(id, world.probe);
      });
    },
    onLookup(id) {
      clock.setTimer(5, () => index.lookedUp(id, world.lookup));
    },
  });
  const world: IndexWorld = {
    clock,
    index,
    told,
    transitions,
    lookup: "agreed",
    probe: undefined,
    begin() {
      index.disturb("start", "started a moment ago");
      index.observer.connected();
      index.observer.answered();
      index.observer.synced();
    },
    beat(id, { session = `${id}-a`, seq, ping = true, intervalMs: own = intervalMs } = {}) {
      const key = `${id} ${session}`;
      const next = seq ?? (seqs.get(key) ?? 0) + 1;
      seqs.set(key, next);
      index.hear(id, { sentAt: clock.wallMs(), version: "1", protocol: 1, session, seq: next, ping, intervalMs: own });
    },
    async pass(ms, beating = []) {
      const untilMono = clock.monoMs() + ms;
      let nextBeatMono = clock.monoMs() + intervalMs;
      while (clock.monoMs() < untilMono) {
        await clock.advance(Math.min(TICK_MS, untilMono - clock.monoMs()));
        if (clock.monoMs() >= nextBeatMono) {
          for (const id of beating) world.beat(id);
          nextBeatMono += intervalMs;
        }
        index.advance();
      }
    },
    news() {
      const news = told.slice(shown);
      shown = told.length;
      return news;
    },
  };
  return world;
}
