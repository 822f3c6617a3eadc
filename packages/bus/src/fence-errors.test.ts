import assert from "node:assert/strict";
import { test } from "node:test";
import { busErrors } from "./errors.ts";
import { explainAnswer, explainConflict, notSent, withLabel } from "./fence-errors.ts";

const conflictAt = (sequence: number) =>
  busErrors.create("REVISION_CONFLICT", `KV_roster: wrong last sequence: ${sequence} (10071)`);

test("a conflict says whether somebody else has written or an earlier write never arrived", () => {
  assert.match(explainConflict(conflictAt(12), 11), /^another writer has taken over, .* is at 12, not at 11$/);
  assert.match(explainConflict(conflictAt(10), 11), /^an earlier write was lost: .* is at 10, not at 11$/);
  const silent = busErrors.create("REVISION_CONFLICT", "KV_roster: wrong last sequence (10164)");
  assert.equal(explainConflict(silent, 11), "another writer has taken over, or something else was written there");
});

test("a refused write is fenced, with the broker's answer as its cause, unless an earlier write was the cause", () => {
  const answer = conflictAt(12);
  const first = explainAnswer(answer, { label: "roster.a, term 7", revision: 12, ending: undefined });
  assert.deepEqual([first.code, first.cause, first.retryable], ["FENCED", answer, false]);
  assert.match(first.message, /^roster\.a, term 7: refused: another writer/);
  const next = explainAnswer(answer, { label: "roster.b, term 7", revision: 13, ending: first });
  assert.deepEqual([next.code, next.cause], ["FENCED", first]);
  assert.equal(next.message, `roster.b, term 7: refused; this writer has ended: ${first.message}`);
});

test("an outcome that is unknown keeps its code, and learns which write it is about", () => {
  const error = busErrors.create("UNAVAILABLE", "KV_roster: nobody answers");
  const answer = explainAnswer(error, { label: "roster.a, term 7", revision: 12, ending: undefined });
  assert.deepEqual(answer, withLabel("roster.a, term 7", error));
  assert.deepEqual([answer.code, answer.retryable, answer.cause], ["UNAVAILABLE", true, error]);
  assert.equal(answer.message, "roster.a, term 7: KV_roster: nobody answers");
});

test("a write that was never sent is fenced, because its writer was closed or had ended", () => {
  assert.deepEqual(notSent("roster.a", undefined).message, "roster.a: not sent; this writer is closed");
  const ending = busErrors.create("TIMEOUT", "roster.b: no answer in time");
  const error = notSent("roster.a", ending);
  assert.deepEqual([error.code, error.cause], ["FENCED", ending]);
  assert.equal(error.message, "roster.a: not sent; this writer has ended: roster.b: no answer in time");
});
