import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Guardian, startGuardian } from "@fleet/broker";

/** A program that has not answered by then never will. */
const LIMIT_MS = 300_000;

/**
 * Runs a program of `programs/` in a process of its own, so that what is measured shares neither memory nor compiled code with
 * anything else. It gets its options as JSON and answers with JSON.
 */
export async function runApart<Answer>(
  program: string,
  options: unknown,
  nodeOptions: readonly string[] = [],
): Promise<Answer> {
  const file = join(import.meta.dirname, "programs", `${program}.js`);
  const child = spawn(process.execPath, [...nodeOptions, file, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const closed = once(child, "close");
  running.add(child);
  child.once("exit", () => running.delete(child));
  await guard(child);
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed += chunk;
  });
  const [code, signal] = await closed;
  if (code !== 0) throw new Error(`${program} ended with ${signal ?? `exit code ${code}`}`);
  return JSON.parse(printed) as Answer;
}

/** A program of `programs/` that goes on, and can be asked. */
export interface ForkedProgram<Message> extends AsyncDisposable {
  /** What it said first. */
  readonly greeting: Message;
  /** Asks, one question at a time. Rejects when the program has ended. */
  ask(question: unknown): Promise<Message>;
}

/** Runs a program that says by a message that it is ready. Rejects when it ends before that. */
export async function forkApart<Message>(
  program: string,
  options: unknown,
  nodeOptions: readonly string[] = [],
): Promise<ForkedProgram<Message>> {
  const file = join(import.meta.dirname, "programs", `${program}.js`);
  const child = fork(file, [JSON.stringify(options)], { execArgv: [...nodeOptions] });
  const exited = once(child, "exit");
  const ended = exited.then(([code, signal]) => {
    throw new Error(`${program} ended with ${signal ?? `exit code ${code}`}`);
  });
  ended.catch(() => {});
  const next = async () => ((await Promise.race([once(child, "message"), ended])) as [Message])[0];
  running.add(child);
  child.once("exit", () => running.delete(child));
  const [greeting] = await Promise.all([next(), guard(child)]);
  return {
    greeting,
    ask(question) {
      const answered = next();
      // One that cannot be sent is one to a program that has ended, which is told of there.
      child.send(question as object, () => {});
      return answered;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Ends whatever still runs: when one of several programs has failed, the others may wait for it. */
export async function endAllApart(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }),
  );
}

const running = new Set<ChildProcess>();
let guardian: Promise<Guardian> | undefined;

/** Sees to it that a process does not outlive this one, however this one ends. */
export async function guard(child: ChildProcess): Promise<void> {
  guardian ??= startGuardian();
  const guarding = await guardian;
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  guarding.guard(pid);
  child.once("exit", () => guarding.release(pid));
}

/** The options that a program was given. */
export function givenOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? "{}") as Options;
}

/** Ends a program with its answer; what is still open does not hold it. */
export function answer(result: unknown): void {
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}
