import { defineErrors, type ErrorTable } from "@fleet/runtime";

export type BrokerErrorCode =
  | "SERVER_NOT_FOUND"
  | "SERVER_UNUSABLE"
  | "CHECKSUM_MISMATCH"
  | "DOWNLOAD_FAILED"
  | "PACKAGE_UNAVAILABLE"
  | "COMMAND_FAILED"
  | "SERVER_START_FAILED"
  | "PORT_IN_USE"
  | "GUARDIAN_FAILED";

/** Errors of this package. */
export const brokerErrors: ErrorTable<BrokerErrorCode> = defineErrors({
  SERVER_NOT_FOUND: {
    retryable: true,
    meaning:
      "No nats-server was found and none could be fetched; every way tried is listed with its reason. Install one or set FLEET_NATS_SERVER.",
  },
  SERVER_UNUSABLE: {
    retryable: false,
    meaning: "A nats-server program cannot be run, is something else, or is older than 2.9.",
  },
  CHECKSUM_MISMATCH: {
    retryable: false,
    meaning:
      "The downloaded release archive is not the published one; it was removed. Find out who answered in its place before trying again.",
  },
  DOWNLOAD_FAILED: {
    retryable: true,
    meaning: "The release archive could not be downloaded: host unreachable, refused, stalled or cut off.",
  },
  PACKAGE_UNAVAILABLE: {
    retryable: true,
    meaning: "The distribution's nats-server package could not be had: no apt, no mirror, no such suite or package.",
  },
  COMMAND_FAILED: {
    retryable: false,
    meaning: "A program needed to fetch nats-server (apt-get, dpkg-deb, tar) is missing or failed.",
  },
  SERVER_START_FAILED: {
    retryable: false,
    meaning: "nats-server ended or was not healthy in time; the message has the end of its log.",
  },
  PORT_IN_USE: { retryable: false, meaning: "The port asked for is taken by another program." },
  GUARDIAN_FAILED: {
    retryable: false,
    meaning: "The guardian process that cleans up after a killed owner could not be started.",
  },
});
