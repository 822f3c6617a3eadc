import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/** An id for one life of a process: 27 characters, sortable by the second it was made. */
export function createSessionId(): string {
  return createKsuid();
}

/** The id of a master process: `master-<KSUID>`. */
export function createMasterId(): string {
  return `master-${createKsuid()}`;
}

/** Most commands make no id: the library is loaded for the first. */
function createKsuid(): string {
  const KSUID = load("ksuid") as typeof import("ksuid");
  return KSUID.randomSync().string;
}
