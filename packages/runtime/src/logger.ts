import { type DestinationStream, destination, pino } from "pino";

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

/** A logger and the way to get its last lines out. */
export interface OpenLogger {
  readonly logger: Logger;
  /** Writes what is still buffered; call it before the process exits. */
  flush(): void;
}

/**
 * Opens a logger on standard output. Lines are written in the background, so that a reader that has stopped
 * reading cannot stop the event loop; a reader that has gone away is ignored.
 */
export async function openLogger(options: LoggerOptions): Promise<OpenLogger> {
  const output = destination({ fd: 1, sync: false, minLength: 0 });
  output.on("error", () => {});
  let stream: DestinationStream = output;
  if (options.format === "text") {
    const { prettyFactory } = await import("pino-pretty");
    const pretty = prettyFactory({
      colorize: process.stdout.isTTY === true && !process.env["NO_COLOR"],
      ignore: Object.keys(options.base).join(","),
      messageKey: "msg",
      timestampKey: "time",
      translateTime: "SYS:HH:MM:ss.l",
      singleLine: true,
    });
    stream = { write: (line) => output.write(pretty(line)) };
  }
  return {
    logger: wrap(pinoLogger(options, stream)),
    flush() {
      try {
        output.flushSync();
      } catch {
        // Not open yet, or its reader has gone: there is nobody to tell.
      }
    },
  };
}

/** The same lines on a stream of the caller's. */
export function createLogger(options: Omit<LoggerOptions, "format">, stream: DestinationStream): Logger {
  return wrap(pinoLogger(options, stream));
}

type Pino = ReturnType<typeof pino>;

function pinoLogger(options: Omit<LoggerOptions, "format">, stream: DestinationStream): Pino {
  return pino(
    {
      level: options.level,
      base: options.base,
      messageKey: "msg",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    },
    stream,
  );
}

function wrap(inner: Pino): Logger {
  return {
    debug: (message, fields = {}) => inner.debug(fields, message),
    info: (message, fields = {}) => inner.info(fields, message),
    warn: (message, fields = {}) => inner.warn(fields, message),
    error: (message, fields = {}) => inner.error(fields, message),
    with: (fields) => wrap(inner.child(fields)),
  };
}
