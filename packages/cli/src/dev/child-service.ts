import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Guardian } from "@fleet/broker";
import { aborted, type Clock, type Service } from "@fleet/runtime";
import { cliErrors } from "../errors.ts";

export interface ChildServiceParts {
  readonly name: string;
  /** Arguments to the program. */
  readonly args: readonly string[];
  /** JavaScript file to run. @default the `fleet` command */
  readonly program?: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly guardian: Pick<Guardian, "guard" | "release">;
  readonly clock: Clock;
  /** Each line that the process prints. */
  readonly onLine: (line: string) => void;
  /**
   * The process has ended although it was not told to: with 0 it has stopped in order, otherwise it has died. An error
   * given back ends the whole fleet with it.
   */
  readonly onEnded: (ending: string, clean: boolean) => Error | undefined;
}

const STOP_TIMEOUT_MS = 12_000;
const TAIL_LINES = 12;
const FLEET_BIN = fileURLToPath(new URL("../../bin/fleet.js", import.meta.url));

/** One process of the fleet as a service: SIGTERM when told to stop, SIGKILL if that is not heeded. */
export function createChildService(parts: ChildServiceParts): Service {
  const { name, args, program = FLEET_BIN, environment, guardian, clock, onLine } = parts;
  return {
    name,
    async run(signal) {
      const child = spawn(process.execPath, [program, ...args], {
        // In a session of its own: Ctrl-C reaches `fleet dev` alone, which stops things in order.
        detached: true,
        env: environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      const { pid } = child;
      if (pid !== undefined) guardian.guard(pid);
      const tail: string[] = [];
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
          tail.push(line);
          if (tail.length > TAIL_LINES) tail.shift();
          onLine(line);
        });
      }
      const ended = whenEnded(child).then((ending) => {
        if (pid !== undefined) guardian.release(pid);
        return ending;
      });

      const first = await Promise.race([ended, aborted(signal)]);
      if (first) {
        const error = parts.onEnded(first.text, first.clean);
        if (error)
          throw cliErrors.create("CHILD_ENDED", [error.message, ...tail.map((line) => `  ${line}`)].join("\n"));
        await aborted(signal);
        return;
      }
      child.kill("SIGTERM");
      // One that somebody has stopped would not see it.
      child.kill("SIGCONT");
      const cancelKill = clock.setTimer(STOP_TIMEOUT_MS, () => child.kill("SIGKILL"));
      await ended;
      cancelKill();
    },
  };
}

interface Ending {
  readonly text: string;
  readonly clean: boolean;
}

function whenEnded(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ text: error.message, clean: false }));
    child.once("close", (code, signal) => {
      resolve({ text: signal ? `was ended by ${signal}` : `ended with exit code ${code}`, clean: code === 0 });
    });
  });
}
