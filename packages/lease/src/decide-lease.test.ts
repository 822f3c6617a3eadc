import assert from "node:assert/strict";
import { test } from "node:test";
import { decideLease, type LeaseAction } from "./decide-lease.ts";
import { resolveLeaseOptions } from "./lease-options.ts";
import { initialLeaseState, type LeaseHold, type LeaseRecord, type LeaseState, mayWork } from "./lease-state.ts";

const config = resolveLeaseOptions({});
/** The time of every decision here. */
const NOW = 100_000;
const FOREVER = Number.POSITIVE_INFINITY;

const record: LeaseRecord = {
  revision: 7,
  holder: "other",
  mine: false,
  term: 3,
  acquiredAt: undefined,
  ageMs: 1_000,
};
const underWay = { sinceMono: NOW - 100, heard: false };

function contender(change: Partial<LeaseState>): LeaseState {
  return { ...initialLeaseState(NOW - 1_000), ...change };
}

/** A holder at work that renewed a second ago. */
function holder(hold: Partial<LeaseHold> = {}, change: Partial<LeaseState> = {}): LeaseState {
  return contender({
    hold: {
      stage: "working",
      revision: 12,
      firstRevision: 10,
      term: 10,
      goodMono: NOW - 1_000,
      dueMono: NOW + 2_000,
      inDoubt: false,
      lost: undefined,
      unfit: false,
      endReason: undefined,
      ...hold,
    },
    ...change,
  });
}

const ending = { stage: "ending", endReason: "stopped" } as const;
const ended = { stage: "ended", endReason: "stopped" } as const;
const pastDeadline = NOW - config.renewDeadlineMs;
const renewNow: LeaseAction = { kind: "renew", expectedRevision: 12, timeoutMs: config.renewTimeoutMs };

const decisions: readonly [sentence: string, state: LeaseState, action: LeaseAction][] = [
  ["a candidate looks first", contender({}), { kind: "read" }],
  [
    "it waits until a look is due",
    contender({ key: { kind: "unknown", lookMono: NOW + 5, yielded: false } }),
    { kind: "wait", untilMono: NOW + 5 },
  ],
  ["it does one thing at a time", contender({ underWay }), { kind: "wait", untilMono: FOREVER }],
  [
    "a free key is taken, expecting what was found",
    contender({ key: { kind: "free", revision: 9, bucketRevision: 11 } }),
    { kind: "acquire", expectedRevision: 9, expectedBucketRevision: 11 },
  ],
  [
    "a held key is left alone until it is worth a look",
    contender({ key: { kind: "held", record, lookMono: NOW + 14_000 } }),
    { kind: "wait", untilMono: NOW + 14_000 },
  ],
  ["and is then looked at", contender({ key: { kind: "held", record, lookMono: NOW } }), { kind: "read" }],
  [
    "who is out leaves a free key to others",
    contender({ key: { kind: "free", revision: 9, bucketRevision: 9 }, outUntilMono: NOW + 10 }),
    { kind: "wait", untilMono: NOW + 10 },
  ],
  ["who is out looks on all the same", contender({ outUntilMono: NOW + 10 }), { kind: "read" }],
  ["told to stop, a contender is done", contender({ stopping: true }), { kind: "finish" }],
  [
    "but not before the operation under way is answered: it may have acquired the lease",
    contender({ stopping: true, underWay }),
    { kind: "wait", untilMono: FOREVER },
  ],

  ["a new holder chooses a term first", holder({ stage: "acquired", dueMono: NOW }), { kind: "choose-term" }],
  ["then writes it by a renew", holder({ stage: "confirming", dueMono: NOW }), renewNow],
  ["then begins to work", holder({ stage: "confirmed" }), { kind: "start-work", term: 10 }],
  [
    "but not past the deadline",
    holder({ stage: "confirmed", goodMono: pastDeadline }),
    { kind: "end-work", reason: "deadline" },
  ],
  [
    "nor when told to stop",
    holder({ stage: "confirmed" }, { stopping: true }),
    { kind: "end-work", reason: "stopped" },
  ],
  ["a holder at work waits for the next renew", holder(), { kind: "wait", untilMono: NOW + 2_000 }],
  [
    "or for the deadline, if that is nearer",
    holder({ goodMono: pastDeadline + 500 }),
    { kind: "wait", untilMono: NOW + 500 },
  ],
  ["it renews when due", holder({ dueMono: NOW }), renewNow],
  [
    "a renew gets no more time than is left to the deadline",
    holder({ goodMono: pastDeadline + 500, dueMono: NOW }),
    { kind: "renew", expectedRevision: 12, timeoutMs: 500 },
  ],
  [
    "while a renew is under way it waits for the deadline, not for ever",
    holder({ dueMono: NOW }, { underWay }),
    { kind: "wait", untilMono: NOW - 1_000 + config.renewDeadlineMs },
  ],
  [
    "the deadline ends the work even then",
    holder({ goodMono: pastDeadline }, { underWay }),
    { kind: "end-work", reason: "deadline" },
  ],
  ["so does a stop", holder({}, { stopping: true, underWay }), { kind: "end-work", reason: "stopped" }],
  [
    "so does a step-down",
    holder({}, { outUntilMono: NOW + 9, underWay }),
    { kind: "end-work", reason: "stepped-down" },
  ],
  ["in doubt it reads before it writes", holder({ inDoubt: true, dueMono: NOW }), { kind: "read" }],
  ["found taken, it ends the work", holder({ lost: "taken" }), { kind: "end-work", reason: "taken" }],
  [
    "a loss is told as a loss, also by one that was to stop anyway",
    holder({ lost: "gone" }, { stopping: true }),
    { kind: "end-work", reason: "gone" },
  ],
  [
    "a holder that finds no term until the deadline gives up",
    holder({ stage: "acquired", goodMono: pastDeadline }),
    { kind: "end-work", reason: "no-term" },
  ],

  [
    "while the work is ending the lease is kept: nothing yet",
    holder(ending, { stopping: true }),
    { kind: "wait", untilMono: NOW + 2_000 },
  ],
  ["and renewed when due", holder({ ...ending, dueMono: NOW }, { stopping: true }), renewNow],
  ["and looked at when in doubt", holder({ ...ending, dueMono: NOW, inDoubt: true }), { kind: "read" }],
  [
    "not past the deadline: the work is on its own then",
    holder({ ...ending, goodMono: pastDeadline, dueMono: NOW }),
    { kind: "wait", untilMono: FOREVER },
  ],
  ["nor once it is lost", holder({ ...ending, dueMono: NOW, lost: "taken" }), { kind: "wait", untilMono: FOREVER }],
  [
    "nor when the term ended against its will",
    holder({ stage: "ending", endReason: "deadline", dueMono: NOW }),
    { kind: "wait", untilMono: FOREVER },
  ],
  ["when the work has ended the lease is released", holder(ended), { kind: "release", revision: 12 }],
  ["not before the renew under way is answered", holder(ended, { underWay }), { kind: "wait", untilMono: FOREVER }],
  ["and not by a revision that is in doubt", holder({ ...ended, inDoubt: true }), { kind: "read" }],
];

for (const [sentence, state, action] of decisions) {
  test(`lease decision: ${sentence}`, () => {
    assert.deepEqual(decideLease(state, NOW, config), action);
  });
}

test("work may go on from the confirmed term's beginning until the deadline, and not a moment longer", () => {
  const deadlineMono = NOW - 1_000 + config.renewDeadlineMs;
  assert.equal(mayWork(holder(), deadlineMono - 1, config.renewDeadlineMs), true);
  assert.equal(mayWork(holder(), deadlineMono, config.renewDeadlineMs), false);
  assert.equal(mayWork(holder({ stage: "confirmed" }), NOW, config.renewDeadlineMs), false);
  assert.equal(mayWork(holder(ending), NOW, config.renewDeadlineMs), false);
  assert.equal(mayWork(holder({ lost: "taken" }), NOW, config.renewDeadlineMs), false);
  assert.equal(mayWork(contender({}), NOW, config.renewDeadlineMs), false);
});
