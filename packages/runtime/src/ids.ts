import KSUID from "ksuid";

/** An id for one life of a process: 27 characters, sortable by the second it was made. */
export function createSessionId(): string {
  return KSUID.randomSync().string;
}

/** The id of a master process: `master-<KSUID>`. */
export function createMasterId(): string {
  return `master-${KSUID.randomSync().string}`;
}
