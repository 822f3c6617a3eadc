import { FleetError } from "@fleet/runtime";
import { busErrors } from "./errors.ts";

/**
 * What an unwelcome answer to a fenced write means. `label` names the write, `revision` is the place that it was sent for, and
 * `ending` is what has ended its writer before, if anything has: a write that is refused only because the one before it
 * was must not look like the cause.
 */
export function explainAnswer(
  answer: number | FleetError,
  write: { readonly label: string; readonly revision: number; readonly ending: FleetError | undefined },
): FleetError {
  const { label, revision, ending } = write;
  if (typeof answer === "number") {
    return busErrors.create("BROKER_ERROR", `${label}: stored at ${answer}, where ${revision} was to come`);
  }
  if (answer.code !== "REVISION_CONFLICT") return withLabel(label, answer);
  if (ending) return busErrors.create("FENCED", `${label}: refused; this writer has ended: ${ending.message}`, ending);
  return busErrors.create("FENCED", `${label}: refused: ${explainConflict(answer, revision - 1)}`, answer);
}

/** Says that a write was never sent, because its writer was closed or had ended. */
export function notSent(label: string, ending: FleetError | undefined): FleetError {
  const why = ending ? `this writer has ended: ${ending.message}` : "this writer is closed";
  return busErrors.create("FENCED", `${label}: not sent; ${why}`, ending);
}

/** The same error, its message saying which write it is about. */
export function withLabel(label: string, error: FleetError): FleetError {
  return new FleetError(error.code, `${label}: ${error.message}`, { retryable: error.retryable, cause: error });
}

/** Why a bucket that was expected at a sequence is not there. */
export function explainConflict(refusal: FleetError, expected: number): string {
  const found = /wrong last sequence: (\d+)/.exec(refusal.message)?.[1];
  if (found === undefined) return "another writer has taken over, or something else was written there";
  const place = `the bucket is at ${found}, not at ${expected}`;
  return Number(found) < expected
    ? `an earlier write was lost: ${place}`
    : `another writer has taken over, or something else was written there: ${place}`;
}
