export { createMaster, type Master, type MasterParts } from "./master.ts";
export {
  describeMasterOptions,
  type MasterConfig,
  type MasterOptions,
  resolveMasterOptions,
} from "./master-options.ts";
export type { Subsystem } from "./subsystem.ts";
