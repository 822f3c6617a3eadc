import { defineErrors, type ErrorTable } from "@fleet/runtime";

export type PresenceErrorCode = "TRANSITIONS_LOST" | "NOT_THE_WRITER";

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
});
