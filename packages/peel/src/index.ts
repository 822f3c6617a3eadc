export { createPeel, type Peel, type PeelParts } from "./peel.ts";
export { type PeelConfig, type PeelOptions, resolvePeelOptions } from "./peel-options.ts";
