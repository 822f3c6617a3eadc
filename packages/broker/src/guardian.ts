import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { isAbsolute } from "node:path";
import { invariant, messageOf } from "@fleet/runtime";
import { brokerErrors } from "./errors.ts";

/**
 * Cleans up after this process, however it ends. Every process guarded is killed and every folder guarded is removed as
 * soon as this process is gone without {@link Guardian.close}, also when it was killed with SIGKILL.
 *
 * Not guaranteed: what happens when the guardian is killed as well, and what was started in the microseconds before it
 * was guarded.
 */
export interface Guardian {
  /** Process id of the guardian itself. */
  readonly pid: number;
  /** Guards a process. Release it when it has ended: its number may be given to another one. */
  guard(pid: number): void;
  release(pid: number): void;
  /** Guards a folder, given by its absolute path, with all that is in it. */
  guardFolder(path: string): void;
  releaseFolder(path: string): void;
  /** Ends the guardian and leaves alone what is still guarded. Calling it again does nothing. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface StartGuardianOptions {
  /** Told when the guardian ends although it was not closed: from now on nothing is guarded. */
  readonly onLost?: (reason: string) => void;
}

/**
 * The guardian's whole program, for any POSIX shell. It reads instructions from its standard input, a pipe of which only
 * the owner holds the other end: the end of the owner is the end of the file. SIGKILL does not take effect at once, so
 * folders are removed again while something of them is left.
 */
const GUARDIAN_SCRIPT = `
trap '' HUP INT QUIT TERM
set -f
IFS='
'
pids= folders=
without() {
  kept=
  for item in $1; do [ "$item" = "$2" ] || kept="$kept$item$IFS"; done
}
while read -r line; do
  what=\${line#* }
  case $line in
    'guard '*) pids="$pids$what$IFS" ;;
    'release '*) without "$pids" "$what"; pids=$kept ;;
    'guard-folder '*) folders="$folders$what$IFS" ;;
    'release-folder '*) without "$folders" "$what"; folders=$kept ;;
    done) exit 0 ;;
  esac
done
for pid in $pids; do kill -KILL "$pid"; done
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  left=
  for pid in $pids; do kill -0 "$pid" && left=1; done
  for folder in $folders; do
    rm -rf -- "$folder"
    [ -e "$folder" ] && left=1
  done
  [ "$left" ] || exit 0
  sleep 0.1 || sleep 1
done
`;

/**
 * Starts a guardian in a session of its own, where Ctrl-C does not reach it. It does not keep this process alive.
 * Rejects with `GUARDIAN_FAILED`.
 */
export async function startGuardian(options: StartGuardianOptions = {}): Promise<Guardian> {
  const child = spawn("sh", ["-c", GUARDIAN_SCRIPT, "fleet-guardian"], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  try {
    await once(child, "spawn");
  } catch (error) {
    throw brokerErrors.create("GUARDIAN_FAILED", `the guardian could not be started: ${messageOf(error)}`, error);
  }
  const { pid, stdin } = child;
  invariant(pid !== undefined && stdin instanceof Socket, "a started process has a pid and the pipe asked for");
  return createHandle(child, pid, stdin, options);
}

function createHandle(child: ChildProcess, pid: number, stdin: Socket, options: StartGuardianOptions): Guardian {
  let closing: Promise<void> | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve();
      if (!closing) options.onLost?.(`the guardian ended with ${signal ?? `exit code ${code}`}`);
    });
  });
  // Its end is told once, above; what is written after it goes nowhere.
  stdin.on("error", () => {});
  stdin.unref();
  child.unref();

  const instruct = (line: string) => {
    if (!stdin.writable) return;
    stdin.write(`${line}\n`);
  };
  const close = () => {
    closing ??= (async () => {
      child.ref();
      if (stdin.writable) stdin.end("done\n");
      await ended;
    })();
    return closing;
  };
  return {
    pid,
    guard: (guarded) => instruct(`guard ${checkedPid(guarded)}`),
    release: (guarded) => instruct(`release ${checkedPid(guarded)}`),
    guardFolder: (path) => instruct(`guard-folder ${checkedFolder(path)}`),
    releaseFolder: (path) => instruct(`release-folder ${checkedFolder(path)}`),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function checkedPid(pid: number): number {
  invariant(Number.isSafeInteger(pid) && pid > 1, `${pid} is not the id of a process that may be killed`);
  return pid;
}

function checkedFolder(path: string): string {
  invariant(isAbsolute(path) && path !== "/" && !path.includes("\n"), `"${path}" is not a folder to be removed`);
  return path;
}
