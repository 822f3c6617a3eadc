import { FleetError, messageOf } from "@fleet/runtime";
import { EXIT, EXIT_CODE_OF_ERROR } from "./exit-codes.ts";
import { createProgram, isParserError } from "./program.ts";
import { readVersion } from "./version.ts";

/** Runs the command line `argv`, as Node gives it, and sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader of a pipe has seen enough.
    if (error.code === "EPIPE") process.exit(EXIT.ok);
    throw error;
  });
  try {
    await createProgram(readVersion()).parseAsync([...argv]);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Says what went wrong on stderr, a line a problem, and gives the exit code. */
function report(error: unknown): number {
  if (isParserError(error)) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(error instanceof FleetError)) {
    console.error(error);
    return EXIT.failed;
  }
  for (const line of messageOf(error).trimEnd().split("\n")) console.error(`fleet: ${line}`.trimEnd());
  return EXIT_CODE_OF_ERROR[error.code] ?? EXIT.failed;
}
