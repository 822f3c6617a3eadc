import { createRequire } from "node:module";
import { isatty } from "node:tty";
import type { DestinationStream, Logger as PinoLogger } from "pino";
import { createLogOutput } from "./log-output.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["json", "text"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Facts about a log line, kept apart from its message. Errors are written with `error: messageOf(error)`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where log lines go. One line per failure, where it is decided what to do about it. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json`: one object a line; `text`: for people. */
  readonly format: LogFormat;
  /** On every line: `component`, `version`, and `master_id` or `peel_id`. */
  readonly base: LogFields;
}

/** A logger, its level, and the way to get its last lines out. */
export interface OpenLogger {
  readonly logger: Logger;
  /** The least level written; setting it counts at once. */
  level: LogLevel;
  /** Writes what is still buffered; call it before the process exits. */
  flush(): Promise<void>;
}

/** A logger for whom nobody reads. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => silentLogger };

const STDOUT = 1;

/** What may wait for a slow reader: some ten thousand lines, little beside the memory of a process. */
const MAX_WAITING_BYTES = 4 * 1_024 * 1_024;

/**
 * Opens a logger on standard output. Lines are written in the background, so that a reader that has stopped
 * reading cannot stop the event loop; what it leaves unread is bounded, and lines dropped are counted in a line
 * of their own. A reader that has gone away is ignored.
 */
export async function openLogger(options: LoggerOptions): Promise<OpenLogger> {
  const output = createLogOutput({
    fd: STDOUT,
    maxBytes: MAX_WAITING_BYTES,
    onDropped: (lines) => logger.warn("log lines dropped: nobody reads them fast enough", { lines }),
  });
  let stream: DestinationStream = output;
  if (options.format === "text") {
    const { prettyFactory } = await import("pino-pretty");
    // Whose line it is: two processes can share one output.
    const who = Object.values(options.base).join(" ");
    const pretty = prettyFactory({
      colorize: isatty(STDOUT) && !process.env["NO_COLOR"],
      ignore: Object.keys(options.base).join(","),
      messageKey: "msg",
      timestampKey: "time",
      translateTime: "SYS:yyyy-mm-dd HH:MM:ss.l",
      messageFormat: (line, messageKey) => `${who}: ${line[messageKey]}`,
      singleLine: true,
      // Our `error` is a text; as an error it would get a line of its own.
      errorLikeObjectKeys: [],
    });
    stream = { write: (line) => output.write(pretty(line)) };
  }
  const inner = createInner(options.level, stream);
  const logger = withFields(inner, options.base);
  return {
    logger,
    get level() {
      return inner.level as LogLevel;
    },
    set level(level) {
      inner.level = level;
    },
    flush: output.flush,
  };
}

/** The same lines on a stream of the caller's. */
export function createLogger(options: Omit<LoggerOptions, "format">, stream: DestinationStream): Logger {
  return withFields(createInner(options.level, stream), options.base);
}

const load = createRequire(import.meta.url);

/** Commands that answer a question log nothing, and need not wait until pino is loaded. */
function createInner(level: LogLevel, stream: DestinationStream): PinoLogger {
  const { pino } = load("pino") as typeof import("pino");
  return pino(
    {
      level,
      base: null,
      messageKey: "msg",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    },
    stream,
  );
}

/** Fields are merged here: pino's own children would write a field given twice as a key twice. */
function withFields(inner: PinoLogger, bound: LogFields): Logger {
  return {
    debug: (message, fields) => inner.debug({ ...bound, ...fields }, message),
    info: (message, fields) => inner.info({ ...bound, ...fields }, message),
    warn: (message, fields) => inner.warn({ ...bound, ...fields }, message),
    error: (message, fields) => inner.error({ ...bound, ...fields }, message),
    with: (fields) => withFields(inner, { ...bound, ...fields }),
  };
}
