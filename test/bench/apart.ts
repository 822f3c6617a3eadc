import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/**
 * Runs a program of `programs/` in a process of its own, so that what is measured shares neither memory nor compiled code with
 * anything else. It gets its options as JSON and answers with JSON.
 */
export async function runApart<Answer>(program: string, options: unknown): Promise<Answer> {
  const file = join(import.meta.dirname, "programs", `${program}.js`);
  const child = spawn(process.execPath, [file, JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed += chunk;
  });
  const [code, signal] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} ended with ${signal ?? `exit code ${code}`}`);
  return JSON.parse(printed) as Answer;
}

/** The options that a program was given. */
export function givenOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? "{}") as Options;
}

/** Ends a program with its answer; what is still open does not hold it. */
export function answer(result: unknown): void {
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}
