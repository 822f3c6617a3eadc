export { createMaster, type Master, type MasterParts } from "./master.ts";
export { type MasterConfig, type MasterOptions, resolveMasterOptions } from "./master-options.ts";
export type { Subsystem } from "./subsystem.ts";
