import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { withDeadline } from "@fleet/runtime";
import { brokerErrors } from "./errors.ts";
import type { FetchContext } from "./fetch-context.ts";

/** Most that is kept of what a program writes; the rest is read and dropped. */
const MAX_OUTPUT_CHARS = 1_048_576;

export interface CommandOptions {
  readonly timeoutMs: number;
  /** @default the working directory of this process */
  readonly cwd?: string;
  /** Called with each line that the program writes to file descriptor 3. */
  readonly onStatus?: (line: string) => void;
}

/**
 * Runs a program to its end and returns its standard output.
 *
 * Rejects with `COMMAND_FAILED` (the program is missing or its exit code is not 0; the message has the end of its
 * standard error), `DEADLINE_EXCEEDED`, or the context's abort reason; in the last two cases the program is killed.
 */
export function runCommand(
  context: FetchContext,
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { clock, signal: parent } = context;
  const { timeoutMs, cwd, onStatus } = options;
  const deadline = { clock, timeoutMs, what: `run ${program}`, ...(parent && { signal: parent }) };
  return withDeadline(deadline, async (signal) => {
    const child = spawn(program, args, {
      ...(cwd !== undefined && { cwd }),
      signal,
      killSignal: "SIGKILL",
      stdio: ["ignore", "pipe", "pipe", onStatus ? "pipe" : "ignore"],
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    if (onStatus) readLines(child.stdio[3] as Readable, onStatus);
    return new Promise<string>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) => {
        const reason = error.code === "ENOENT" ? "no such program on this machine" : error.message;
        reject(brokerErrors.create("COMMAND_FAILED", `${program}: ${reason}`, error));
      });
      child.once("close", (code, killedBy) => {
        if (code === 0) return resolve(stdout());
        const ending = killedBy === null ? `exit code ${code}` : `killed by ${killedBy}`;
        const lastWords = lastLines(stderr() || stdout(), 4);
        reject(brokerErrors.create("COMMAND_FAILED", `${program}: ${ending}${lastWords && `: ${lastWords}`}`));
      });
    });
  });
}

function collect(stream: Readable | null): () => string {
  let text = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (chunk: string) => {
    if (text.length < MAX_OUTPUT_CHARS) text += chunk;
  });
  return () => text;
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
}

/** The last lines of a program's complaint, on one line. */
function lastLines(text: string, count: number): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .slice(-count)
    .join("; ");
}
