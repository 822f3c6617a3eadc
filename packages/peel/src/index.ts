export { createPeel, type Peel, type PeelParts } from "./peel.ts";
export { describePeelOptions, type PeelConfig, type PeelOptions, resolvePeelOptions } from "./peel-options.ts";
