import { inspect } from "node:util";

/** What is known about an error code before it happens. */
export interface ErrorRow {
  /** Whether the same call can succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** One sentence for the documentation: what happened and what to do. */
  readonly meaning: string;
}

/** An operating error: something outside the program went wrong. Branch on {@link FleetError.code}. */
export class FleetError extends Error {
  /** Stable, upper case; listed in `docs/errors.md`. */
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "FleetError";
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** The errors one package can raise, by code. */
export interface ErrorTable<Code extends string> {
  readonly rows: Readonly<Record<Code, ErrorRow>>;
  /** Makes the error; `message` says what happened this time, with names and values. */
  create(code: Code, message: string, cause?: unknown): FleetError;
}

/** Declares a package's errors. */
export function defineErrors<Code extends string>(rows: Record<Code, ErrorRow>): ErrorTable<Code> {
  return {
    rows,
    create: (code, message, cause) => new FleetError(code, message, { retryable: rows[code].retryable, cause }),
  };
}

/** Whether `error` is a {@link FleetError}, and if codes are given, one of them. */
export function isFleetError(error: unknown, ...codes: string[]): error is FleetError {
  return error instanceof FleetError && (codes.length === 0 || codes.includes(error.code));
}

/** The text of anything thrown, never empty for an error. */
export function messageOf(error: unknown): string {
  if (typeof error === "string") return error;
  if (!(error instanceof Error)) return inspect(error, { breakLength: Number.POSITIVE_INFINITY });
  if (error.message !== "") return error.message;
  // A refused dial to a name with several addresses: Node gives an error for each and none for all.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join("; ");
  return error.name;
}

/** Throws when `condition` is false: the program is wrong, not the world. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant violated: ${message}`);
}

export type RuntimeErrorCode = "INVALID_OPTIONS" | "DEADLINE_EXCEEDED" | "SERVICE_ENDED" | "STOP_TIMEOUT";

/** Errors of this package. */
export const runtimeErrors: ErrorTable<RuntimeErrorCode> = defineErrors({
  INVALID_OPTIONS: {
    retryable: false,
    meaning: "One or more options have values that cannot be used; every one is named.",
  },
  DEADLINE_EXCEEDED: { retryable: true, meaning: "An operation did not finish within the time it was given." },
  SERVICE_ENDED: { retryable: false, meaning: "A part of the process ended although nobody had asked it to." },
  STOP_TIMEOUT: { retryable: false, meaning: "Parts of the process did not stop in time; they are named." },
});
