import { defineErrors, type ErrorTable } from "@fleet/runtime";

export type OpsErrorCode = "LISTEN_FAILED";

/** Errors of this package. A wrong option is the runtime's `INVALID_OPTIONS`. */
export const opsErrors: ErrorTable<OpsErrorCode> = defineErrors({
  LISTEN_FAILED: {
    retryable: false,
    meaning:
      "The operations server cannot listen on its address: it is in use, not one of this machine's, or needs privileges. Choose another with --health-addr.",
  },
});
