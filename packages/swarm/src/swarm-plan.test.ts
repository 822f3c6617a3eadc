import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { createSwarmPlan, type PlannedEvent, type SwarmPlanOptions } from "./swarm-plan.ts";

const QUIET: SwarmPlanOptions = {
  peels: 100,
  spare: 0,
  rampMs: 1_000,
  churnPerSecond: 0,
  crashPerSecond: 0,
  flapPerSecond: 0,
  flapDownMs: 5_000,
  seed: 1,
};

function eventsOf(changes: Partial<SwarmPlanOptions>, untilMs: number, stepMs = untilMs): PlannedEvent[] {
  const plan = createSwarmPlan({ ...QUIET, ...changes });
  const events: PlannedEvent[] = [];
  for (let nowMs = Math.min(stepMs, untilMs); nowMs <= untilMs; nowMs += stepMs) {
    for (let event = plan.next(nowMs); event; event = plan.next(nowMs)) events.push(event);
  }
  return events;
}

function countOf(events: readonly PlannedEvent[], kind: PlannedEvent["kind"]): number {
  return events.filter((event) => event.kind === kind).length;
}

describe("a swarm's plan", () => {
  it("spreads the joins evenly over the ramp, in order", () => {
    const events = eventsOf({}, 60_000);
    assert.deepEqual(
      events,
      Array.from({ length: 100 }, (_, peel) => ({ atMs: peel * 10, kind: "join", peel })),
    );
    assert.equal(eventsOf({}, 499).length, 50);
    assert.equal(eventsOf({ rampMs: 0 }, 0, 1).length, 100);
  });

  it("is the same for the same seed, however often it is looked at, and another for another", () => {
    const storm = { churnPerSecond: 5, crashPerSecond: 2, flapPerSecond: 3, spare: 50 };
    const events = eventsOf(storm, 20_000);
    assert.deepEqual(eventsOf(storm, 20_000, 5), events);
    assert.notDeepEqual(eventsOf({ ...storm, seed: 2 }, 20_000), events);
  });

  it("replaces each peel that leaves by the one that has been away longest", () => {
    const events = eventsOf({ churnPerSecond: 10, spare: 3 }, 31_000).slice(100);
    const left = events.filter(({ kind }) => kind === "leave").map(({ peel }) => peel);
    const joined = events.filter(({ kind }) => kind === "join").map(({ peel }) => peel);
    assert.ok(Math.abs(left.length - 300) < 90, `${left.length} in 30 s`);
    assert.deepEqual(joined, [100, 101, 102, ...left].slice(0, joined.length));
    assert.equal(joined.length, left.length);
  });

  it("lets those that crash stay away, until there is nobody", () => {
    const events = eventsOf({ crashPerSecond: 50 }, 60_000);
    assert.equal(countOf(events, "crash"), 100);
    assert.equal(countOf(events, "join"), 100);
  });

  it("brings those that flap back when their time is up", () => {
    const events = eventsOf({ flapPerSecond: 5 }, 60_000).slice(100);
    const crashes = events.filter(({ kind }) => kind === "crash");
    assert.ok(crashes.length > 200, `${crashes.length}`);
    const returns = events.filter(({ kind }) => kind === "join");
    assert.deepEqual(
      returns,
      crashes.slice(0, returns.length).map(({ atMs, peel }) => ({ atMs: atMs + 5_000, kind: "join", peel })),
    );
  });

  it("never lets a peel come that is there, or go that is not, and keeps to the order of time", () => {
    const rate = fc.oneof(fc.constant(0), fc.double({ min: 0.1, max: 100, noNaN: true }));
    fc.assert(
      fc.property(
        fc.record({
          peels: fc.integer({ min: 1, max: 30 }),
          spare: fc.integer({ min: 0, max: 10 }),
          rampMs: fc.integer({ min: 0, max: 5_000 }),
          churnPerSecond: rate,
          crashPerSecond: rate,
          flapPerSecond: rate,
          flapDownMs: fc.integer({ min: 0, max: 5_000 }),
          seed: fc.nat(),
        }),
        fc.array(fc.tuple(fc.constantFrom("join", "leave", "crash"), fc.integer({ min: 1, max: 9 })), { maxLength: 5 }),
        (options, interventions) => {
          const plan = createSwarmPlan(options as SwarmPlanOptions);
          const present = new Set<number>();
          let lastMs = 0;
          const apply = (kind: string, peel: number) => {
            assert.equal(present.has(peel), kind !== "join", `${kind} ${peel}`);
            if (kind === "join") present.add(peel);
            else present.delete(peel);
          };
          for (let nowMs = 0; nowMs <= 10_000; nowMs += 500) {
            for (let event = plan.next(nowMs); event; event = plan.next(nowMs)) {
              assert.ok(event.atMs >= lastMs && event.atMs <= nowMs);
              lastMs = event.atMs;
              apply(event.kind, event.peel);
            }
            const intervention = interventions[nowMs / 500];
            if (!intervention) continue;
            const [kind, count] = intervention as [PlannedEvent["kind"], number];
            const chosen = plan.intervene(kind, count);
            assert.ok(chosen.length <= count);
            for (const peel of chosen) apply(kind, peel);
          }
        },
      ),
    );
  });
});
