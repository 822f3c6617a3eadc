import { defineErrors, type ErrorTable } from "@fleet/runtime";

export type LeaseErrorCode = "LEASE_TTL_MISMATCH";

/** Errors of this package. */
export const leaseErrors: ErrorTable<LeaseErrorCode> = defineErrors({
  LEASE_TTL_MISMATCH: {
    retryable: true,
    meaning:
      "The lease bucket drops keys after another time than the lease is configured for, so that no candidate may rely on it: set one to the other.",
  },
});
