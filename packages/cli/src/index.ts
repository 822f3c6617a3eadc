export { checkConfigurationText } from "./check-configuration.ts";
export { describeConfigurationFile } from "./configuration-schema.ts";
export { type CliErrorCode, cliErrors } from "./errors.ts";
export { EXIT, EXIT_CODE_OF_ERROR, type ExitCode } from "./exit-codes.ts";
export { SMALL_HEAP_FLAGS } from "./heap.ts";
