import { createMembership } from "./membership.ts";
import { seededRandom } from "./seeded-random.ts";

/** What is done to one peel. `leave`: it says goodbye; `crash`: it does not; `join`: it comes, or comes back in a new life. */
export interface PlannedEvent {
  /** Time since the swarm began. */
  readonly atMs: number;
  readonly kind: "join" | "leave" | "crash";
  /** Peels are numbered in the order in which they join. */
  readonly peel: number;
}

export interface SwarmPlanOptions {
  /** Peels that join at the beginning. */
  readonly peels: number;
  /** Peels beyond those, which come for others that leave. */
  readonly spare: number;
  /** Time over which they join. */
  readonly rampMs: number;
  /** Peels that leave a second, each replaced by another. */
  readonly churnPerSecond: number;
  /** Peels that crash a second and stay away. */
  readonly crashPerSecond: number;
  /** Peels that crash a second and come back. */
  readonly flapPerSecond: number;
  /** Time until those come back. */
  readonly flapDownMs: number;
  readonly seed: number;
}

/** Who comes and goes when. */
export interface SwarmPlan {
  /** The next event at or before `untilMs`, in order of time, or `undefined`. */
  next(untilMs: number): PlannedEvent | undefined;
  /** Events beyond the plan, now: so many crash or leave and stay away, or come. Gives the peels, fewer if there are no more. */
  intervene(kind: PlannedEvent["kind"], count: number): number[];
}

/**
 * Draws up who comes and goes: first the ramp, then departures as random as those of independent machines. The same seed
 * gives the same events, whatever becomes of the beats.
 */
export function createSwarmPlan(options: SwarmPlanOptions): SwarmPlan {
  const { peels, spare, rampMs, flapDownMs, seed } = options;
  const members = createMembership(peels + spare);
  const interventions = seededRandom(seed, "interventions");
  const comingBack: PlannedEvent[] = [];
  let comeBack = 0;
  let joined = 0;
  /** The one that comes for the one that has just left. */
  let replacement: PlannedEvent | undefined;

  const departures = (
    purpose: string,
    perSecond: number,
    depart: (atMs: number, random: () => number) => Departure,
  ) => {
    const random = seededRandom(seed, purpose);
    const waitMs = () => (perSecond > 0 ? (-Math.log(1 - random()) / perSecond) * 1_000 : Number.POSITIVE_INFINITY);
    return { nextMs: rampMs + waitMs(), waitMs, depart: (atMs: number) => depart(atMs, random) };
  };
  const sources = [
    departures("churn", options.churnPerSecond, (atMs, random) => {
      const peel = members.dismiss(random, "away");
      if (peel === undefined) return undefined;
      const other = members.admitNext();
      if (other !== undefined) replacement = { atMs, kind: "join", peel: other };
      return { atMs, kind: "leave", peel };
    }),
    departures("crash", options.crashPerSecond, (atMs, random) => {
      const peel = members.dismiss(random, "apart");
      return peel === undefined ? undefined : { atMs, kind: "crash", peel };
    }),
    departures("flap", options.flapPerSecond, (atMs, random) => {
      const peel = members.dismiss(random, "apart");
      if (peel === undefined) return undefined;
      comingBack.push({ atMs: atMs + flapDownMs, kind: "join", peel });
      return { atMs, kind: "crash", peel };
    }),
  ];

  const nextJoin = (): PlannedEvent | undefined => {
    const peel = members.admitNext();
    if (peel === undefined) return undefined;
    const atMs = (joined * rampMs) / peels;
    joined += 1;
    return { atMs, kind: "join", peel };
  };

  /** Those that have come back are dropped from time to time, not one by one. */
  const nextReturn = (): PlannedEvent | undefined => {
    const event = comingBack[comeBack];
    if (!event) return undefined;
    comeBack += 1;
    if (comeBack > 1_000 && comeBack * 2 > comingBack.length) {
      comingBack.splice(0, comeBack);
      comeBack = 0;
    }
    members.admit(event.peel);
    return event;
  };

  return {
    next(untilMs) {
      if (replacement) {
        const event = replacement;
        replacement = undefined;
        return event;
      }
      for (;;) {
        const rampMsNow = joined < peels ? (joined * rampMs) / peels : Number.POSITIVE_INFINITY;
        const returnMs = comingBack[comeBack]?.atMs ?? Number.POSITIVE_INFINITY;
        const source = sources.reduce((first, other) => (other.nextMs < first.nextMs ? other : first));
        const atMs = Math.min(rampMsNow, returnMs, source.nextMs);
        if (!(atMs <= untilMs)) return undefined;
        if (atMs === rampMsNow) return nextJoin();
        if (atMs === returnMs) return nextReturn();
        source.nextMs += source.waitMs();
        const event = source.depart(atMs);
        if (event) return event;
      }
    },
    intervene(kind, count) {
      const chosen: number[] = [];
      while (chosen.length < count) {
        const peel = kind === "join" ? members.admitNext() : members.dismiss(interventions, "away");
        if (peel === undefined) break;
        chosen.push(peel);
      }
      return chosen;
    },
  };
}

type Departure = PlannedEvent | undefined;
