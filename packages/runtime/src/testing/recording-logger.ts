import type { LogFields, Logger, LogLevel } from "../logger.ts";

export interface RecordedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps its lines. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly RecordedLine[];
}

export function createRecordingLogger(): RecordingLogger {
  const lines: RecordedLine[] = [];
  const make = (base: LogFields): Logger => {
    const at =
      (level: LogLevel) =>
      (message: string, fields: LogFields = {}) => {
        lines.push({ level, message, fields: { ...base, ...fields } });
      };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      with: (fields) => make({ ...base, ...fields }),
    };
  };
  return { ...make({}), lines };
}
