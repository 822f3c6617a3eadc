import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import {
  type CountAnswer,
  decodeCountAnswer,
  decodeForgetReply,
  decodePeelDetail,
  encodeCountAnswer,
  encodeForgetReply,
  encodePeelDetail,
  type PeelDetail,
} from "./presence-answer.ts";

const head = { asOf: Date.UTC(2026, 0, 2, 3, 4, 5, 678), blindness: undefined, instance: "master-1" };

const DETAIL: PeelDetail = {
  ...head,
  peel: {
    id: "web-1",
    state: "conflict",
    reason: "conflict",
    sinceMs: 5_000,
    lastSeenMs: 250.5,
    version: "0.1.0",
    os: "linux",
    arch: "amd64",
    labels: { role: "web" },
    session: "s1",
    rival: "s2",
    intervalMs: 10_000,
    clockSkewMs: -12,
    protocol: 1,
    seq: 17,
    pingable: true,
    evidence: ["two sessions beat"],
  },
  facts: { os: { name: "linux" } },
};

test("what is known of a peel comes back as it was", () => {
  assert.deepEqual(decodePeelDetail(encodePeelDetail(DETAIL)), { ok: true, value: DETAIL });
});

test("of a peel nothing but its id and state need be known", () => {
  const decoded = decodePeelDetail(
    encode({ as_of: new Date(head.asOf), peel: { id: "x", state: "offline", later: 1 } }),
  );
  assert.ok(decoded.ok);
  const { peel, facts, instance } = decoded.value;
  const { id, state, labels, protocol, pingable, evidence, ...unknown } = peel;
  assert.deepEqual([id, state, labels, protocol, pingable, evidence], ["x", "offline", {}, 0, false, []]);
  assert.deepEqual([...new Set(Object.values(unknown)), facts, instance], [undefined, undefined, ""]);
});

test("a detail with a field of the wrong type is refused", () => {
  const flaws = [
    { state: "asleep" },
    { reason: "tired" },
    { since: 5 },
    { labels: { role: 1 } },
    { protocol: "1" },
    { evidence: [1] },
    { session: 1 },
    { seq: "1" },
  ];
  for (const flaw of flaws) {
    const bytes = encode({ as_of: new Date(0), peel: { id: "x", state: "offline", ...flaw } });
    assert.deepEqual(decodePeelDetail(bytes), { ok: false, reason: "schema" }, JSON.stringify(flaw));
  }
  assert.equal(decodePeelDetail(encode({ peel: DETAIL.peel })).ok, false);
});

test("a count comes back as it was", () => {
  const answer: CountAnswer = {
    ...head,
    blindness: "deaf",
    groups: [
      { value: "0.1.0", states: [4, 1, 0, 0] },
      { value: undefined, states: [0, 0, 2, 0] },
    ],
    merged: 3,
  };
  assert.deepEqual(decodeCountAnswer(encodeCountAnswer(answer)), { ok: true, value: answer });
});

test("a count tells of as many states as are known here", () => {
  const counted = (states: unknown) => decodeCountAnswer(encode({ as_of: new Date(0), values: ["x"], states }));
  const few = counted([[1, 2]]);
  assert.deepEqual(few.ok && few.value.groups, [{ value: "x", states: [1, 2, 0, 0] }]);
  const many = counted([[1, 2, 3, 4, 5]]);
  assert.deepEqual(many.ok && many.value.groups, [{ value: "x", states: [1, 2, 3, 4] }]);
  for (const states of [[], [1], [["1"]], [[-1]], "x"]) assert.equal(counted(states).ok, false);
});

test("who has forgotten a peel gives its name", () => {
  assert.deepEqual(decodeForgetReply(encodeForgetReply("master-1")), { ok: true, value: "master-1" });
  assert.equal(decodeForgetReply(encode({})).ok, false);
});
