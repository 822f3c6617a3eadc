import { write as writeInBackground } from "node:fs";
import { createDeferred, type Deferred } from "./deferred.ts";

/** Pause before a descriptor that could not take more is tried again. */
const RETRY_MS = 20;

/** Longest time {@link LogOutput.flush} waits for a descriptor that takes nothing. */
const FLUSH_LIMIT_MS = 1_000;

export interface LogOutputOptions {
  /** The file descriptor written to; it is never closed. */
  readonly fd: number;
  /** What may wait in memory for a slow reader; lines beyond it are dropped. */
  readonly maxBytes: number;
  /** Told how many lines were dropped, once there is room again. */
  onDropped(lines: number): void;
}

/** Lines on their way to a file descriptor. */
export interface LogOutput {
  /** Takes a line and returns at once. */
  write(line: string): void;
  /** Resolves when every line taken is written, or after a second if the descriptor takes nothing. */
  flush(): Promise<void>;
}

/**
 * Writes lines in order and in the background. What cannot be written (the reader has gone, the disk is full)
 * is dropped: a log that is lost must not end or hold up what it tells of. pino's own destination is not used,
 * because its `flushSync` tries again for ever when the reader of a pipe has gone.
 */
export function createLogOutput(options: LogOutputOptions): LogOutput {
  const { fd, maxBytes, onDropped } = options;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let writing = false;
  let idle: Deferred<void> | undefined;

  const take = () => {
    const bytes = Buffer.concat(waiting, waitingBytes);
    waiting = [];
    waitingBytes = 0;
    return bytes;
  };

  const next = () => {
    if (waitingBytes > 0) {
      push(take());
      return;
    }
    writing = false;
    if (dropped > 0) {
      const count = dropped;
      dropped = 0;
      onDropped(count);
    }
    if (!writing) idle?.resolve();
  };

  const push = (bytes: Buffer) => {
    writing = true;
    writeInBackground(fd, bytes, (error, written) => {
      if (isFull(error)) setTimeout(push, RETRY_MS, bytes);
      else if (!error && written < bytes.length) push(bytes.subarray(written));
      else next();
    });
  };

  return {
    write(line) {
      const bytes = Buffer.from(line);
      if (waitingBytes + bytes.length > maxBytes) {
        dropped += 1;
        return;
      }
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (!writing) next();
    },
    async flush() {
      if (!writing) return;
      idle ??= createDeferred();
      const limit = setTimeout(idle.resolve, FLUSH_LIMIT_MS);
      await idle.promise;
      clearTimeout(limit);
      idle = undefined;
    },
  };
}

/** Whether a descriptor somebody else has made non-blocking takes no more for now. */
function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
