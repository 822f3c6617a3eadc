import { defineErrors, type ErrorTable } from "@fleet/runtime";

export type PresenceErrorCode =
  | "TRANSITIONS_LOST"
  | "NOT_THE_WRITER"
  | "BAD_QUERY"
  | "PEEL_UNKNOWN"
  | "PEEL_ONLINE"
  | "ANSWER_GONE"
  | "QUERY_FAILED";

/** Errors of this package. */
export const presenceErrors: ErrorTable<PresenceErrorCode> = defineErrors({
  TRANSITIONS_LOST: {
    retryable: true,
    meaning:
      "A reader of transitions has fallen so far behind that some were not kept for it: compare with the view as it is, and read on.",
  },
  NOT_THE_WRITER: {
    retryable: true,
    meaning: "Another master holds the publisher lease, and it alone writes the roster: ask that one.",
  },
  BAD_QUERY: {
    retryable: false,
    meaning: "A master does not understand the query; it may be of another version than the one who asks.",
  },
  PEEL_UNKNOWN: { retryable: false, meaning: "There is no peel of this id, and none is known to have been." },
  PEEL_ONLINE: {
    retryable: true,
    meaning: "The peel is online, or may be, and so is not forgotten; it would be back with its next beat.",
  },
  ANSWER_GONE: {
    retryable: true,
    meaning:
      "The rest of a long list was asked for too late, as masters keep it for some seconds, or the master that made it has ended. Ask again.",
  },
  QUERY_FAILED: { retryable: true, meaning: "A master could not answer a query; the message says why." },
});

/** Codes by which a master says on the wire what went wrong, as of HTTP. */
const FAULT_CODES: Readonly<Partial<Record<PresenceErrorCode, number>>> = {
  BAD_QUERY: 400,
  PEEL_UNKNOWN: 404,
  PEEL_ONLINE: 409,
  ANSWER_GONE: 410,
};

/** The code on the wire of an error of {@link presenceErrors}; 500 for any other. */
export function faultCodeOf(code: string): number {
  return (FAULT_CODES as Readonly<Record<string, number>>)[code] ?? 500;
}

/** The error that a code on the wire stands for. */
export function errorOfFault(fault: number): PresenceErrorCode {
  const found = Object.entries(FAULT_CODES).find(([, code]) => code === fault);
  return (found?.[0] as PresenceErrorCode | undefined) ?? "QUERY_FAILED";
}
