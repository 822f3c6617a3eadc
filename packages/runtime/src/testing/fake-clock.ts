import type { Clock } from "../clock.ts";
import { invariant } from "../errors.ts";

/** Timers one instant may fire. More means one that sets itself again without time passing, and a test that hangs. */
const MAX_TIMERS_AN_INSTANT = 100_000;

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  /** Moves wall and monotonic time on, firing the timers on the way in order, and lets promises settle in between. */
  advance(durationMs: number): Promise<void>;
  /** Steps the wall clock alone, as an administrator or NTP would. */
  jumpWall(byMs: number): void;
  /** Timers set and not yet fired: for tests that nothing is left behind. */
  readonly pendingTimers: number;
}

interface Timer {
  readonly atMono: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Creates a {@link FakeClock}. @default wall time 2026-01-01T00:00:00Z */
export function createFakeClock(startWallMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMono = 0;
  let wallOffsetMs = startWallMs;
  let order = 0;
  const timers = new Set<Timer>();

  const next = (untilMono: number): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.atMono > untilMono) continue;
      if (!first || timer.atMono < first.atMono || (timer.atMono === first.atMono && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  };

  return {
    wallMs: () => wallOffsetMs + nowMono,
    monoMs: () => nowMono,
    setTimer(delayMs, callback) {
      invariant(!Number.isNaN(delayMs), "a timer's delay is a number");
      const timer: Timer = { atMono: nowMono + Math.max(0, delayMs), order: order++, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(durationMs) {
      invariant(durationMs >= 0, "time goes forward");
      const untilMono = nowMono + durationMs;
      let firedNow = 0;
      await settle();
      for (let timer = next(untilMono); timer; timer = next(untilMono)) {
        timers.delete(timer);
        firedNow = timer.atMono > nowMono ? 1 : firedNow + 1;
        invariant(firedNow <= MAX_TIMERS_AN_INSTANT, `timers set each other without end at ${nowMono} ms`);
        nowMono = Math.max(nowMono, timer.atMono);
        timer.callback();
        await settle();
      }
      nowMono = untilMono;
      await settle();
    },
    jumpWall(byMs) {
      wallOffsetMs += byMs;
    },
    get pendingTimers() {
      return timers.size;
    },
  };
}

/** Lets every promise that can settle do so: a turn of the event loop runs all microtasks. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => setImmediate(resolve));
}
