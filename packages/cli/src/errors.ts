import { defineErrors, type ErrorTable } from "@fleet/runtime";

export type CliErrorCode = "USAGE" | "LEASE_NOT_HELD" | "PEEL_NOT_FORGOTTEN" | "FLEET_INCOMPLETE" | "CHILD_ENDED";

/** Errors of this package. */
export const cliErrors: ErrorTable<CliErrorCode> = defineErrors({
  USAGE: {
    retryable: false,
    meaning: "The command line, the environment or the configuration file is wrong; the message names where.",
  },
  LEASE_NOT_HELD: { retryable: true, meaning: "The lease to step down from has no holder that answers." },
  PEEL_NOT_FORGOTTEN: {
    retryable: true,
    meaning: "The peel is online, or no master that writes the roster answers; nothing was changed.",
  },
  FLEET_INCOMPLETE: {
    retryable: true,
    meaning: "`fleet dev` did not see every peel online, with its facts, in time; the missing ones are named.",
  },
  CHILD_ENDED: {
    retryable: false,
    meaning: "A process that `fleet dev` had started ended by itself; its last lines are shown.",
  },
});
