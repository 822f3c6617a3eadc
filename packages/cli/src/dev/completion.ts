import { isOnline, type ListedPeel } from "@fleet/presence";
import { aborted, type Clock, formatDuration, type Service, sleep } from "@fleet/runtime";
import { cliErrors } from "../errors.ts";

export interface CompletionParts {
  /** Ids of the peels that must be seen online, with their facts. */
  readonly expected: readonly string[];
  /** Time to go on after that; `undefined`: without end. */
  readonly durationMs: number | undefined;
  readonly clock: Clock;
  /** The time is over. */
  readonly onEnd: () => void;
}

/** Whether the fleet has come up, and how long it stays. */
export interface Completion extends Service {
  /** Every expected peel has been online at the same time, and has told its facts. */
  readonly complete: boolean;
  /** A listing was made. */
  seen(peels: readonly ListedPeel[]): void;
}

const COMPLETE_TIMEOUT_MS = 60_000;

/** Creates the watch over a fleet's beginning and end. It fails with `FLEET_INCOMPLETE` after a minute. */
export function createCompletion({ expected, durationMs, clock, onEnd }: CompletionParts): Completion {
  const reached = new AbortController();
  let missing: readonly string[] = expected;
  return {
    name: "completion",
    get complete() {
      return reached.signal.aborted;
    },
    seen(peels) {
      const here = new Set(
        peels.filter((peel) => isOnline(peel.state) && peel.os !== undefined).map((peel) => peel.id),
      );
      missing = expected.filter((id) => !here.has(id));
      if (missing.length === 0) reached.abort();
    },
    async run(signal) {
      const wake = new AbortController();
      const onWake = () => wake.abort();
      signal.addEventListener("abort", onWake, { once: true });
      reached.signal.addEventListener("abort", onWake, { once: true });
      await sleep(clock, COMPLETE_TIMEOUT_MS, reached.signal.aborted ? reached.signal : wake.signal);
      if (!reached.signal.aborted && !signal.aborted) {
        throw cliErrors.create(
          "FLEET_INCOMPLETE",
          `not online with their facts within ${formatDuration(COMPLETE_TIMEOUT_MS)}: ${missing.join(", ")}`,
        );
      }
      if (durationMs === undefined) await aborted(signal);
      else await sleep(clock, durationMs, signal);
      if (!signal.aborted) {
        onEnd();
        await aborted(signal);
      }
    },
  };
}
