import { eventually } from "@fleet/runtime/testing";
import { type FleetCommand, type FleetCommandOptions, PATIENCE, startFleet } from "./fleet-command.ts";

/** A line of a master's log. */
export interface LogLine {
  /** When it was written, in ms since the epoch. */
  readonly time: number;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** `fleet peel run` or `fleet master run` in a process of its own, and what became of it. */
export interface DaemonProcess extends AsyncDisposable {
  readonly id: string;
  readonly command: FleetCommand;
  readonly lines: readonly LogLine[];
  /** When it was killed or stopped by a signal that it does not hear of, in ms since the epoch. */
  readonly silentSince: number | undefined;
  /** Whether it does its work: it was neither told to end nor silenced. */
  readonly isAlive: boolean;
  signal(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Resolves to the first line with this message from line `from` on. */
  untilLogged(msg: string, from?: number): Promise<LogLine>;
  /** Where its operations server listens: `http://127.0.0.1:40123`. */
  url(): Promise<string>;
}

/** Starts it; all but its id and the address of its operations server is given as flags. */
export function startDaemon(
  kind: "peel" | "master",
  id: string,
  flags: Readonly<Record<string, string>>,
  options: Pick<FleetCommandOptions, "environment" | "nodeOptions"> = {},
): DaemonProcess {
  const all = { id, "health-addr": "127.0.0.1:0", ...flags };
  const command = startFleet(
    [kind, "run", ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])],
    options,
  );
  let silentSince: number | undefined;
  let isAlive = true;
  const lines = createLogReader(() => command.stdout);
  const untilLogged = (msg: string, from = 0) =>
    eventually(() => {
      const line = lines()
        .slice(from)
        .find((each) => each.msg === msg);
      if (!line) throw new Error(`${id} has not logged: ${msg}\n${command.stdout}${command.stderr}`);
      return line;
    }, PATIENCE);
  return {
    id,
    command,
    get lines() {
      return lines();
    },
    get silentSince() {
      return silentSince;
    },
    get isAlive() {
      return isAlive;
    },
    signal(signal) {
      if (signal === "SIGKILL" || signal === "SIGSTOP") silentSince = Date.now();
      isAlive = signal === "SIGCONT";
      command.child.kill(signal);
    },
    untilLogged,
    async url() {
      return `http://${(await untilLogged("operations server listening"))["address"]}`;
    },
    async [Symbol.asyncDispose]() {
      command.child.kill("SIGCONT");
      await command[Symbol.asyncDispose]();
    },
  };
}

/** Reads the whole lines of a log that grows, each once. */
function createLogReader(read: () => string): () => readonly LogLine[] {
  const lines: LogLine[] = [];
  let end = 0;
  return () => {
    const text = read();
    for (let next = text.indexOf("\n", end); next >= 0; next = text.indexOf("\n", end)) {
      const parsed = JSON.parse(text.slice(end, next));
      lines.push({ ...parsed, time: Date.parse(parsed.time) });
      end = next + 1;
    }
    return lines;
  };
}
