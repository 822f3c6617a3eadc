import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/** The YAML library, loaded when it is first wanted: that can take 45 ms, and most commands never see any YAML. */
export function loadYaml(): typeof import("yaml") {
  return load("yaml");
}
