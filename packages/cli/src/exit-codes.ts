/** How the process ends. */
export const EXIT: {
  readonly ok: 0;
  /** Something the command needs did not work: the broker, the network, a port. */
  readonly failed: 1;
  /** The command line, the environment or the configuration file is wrong. */
  readonly usage: 2;
  /** What was asked of some peels is known, and it is that they are offline or do not answer. */
  readonly offline: 3;
} = { ok: 0, failed: 1, usage: 2, offline: 3 };

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of each error code that is not {@link EXIT.failed}. */
export const EXIT_CODE_OF_ERROR: Readonly<Record<string, ExitCode>> = {
  INVALID_OPTIONS: EXIT.usage,
  USAGE: EXIT.usage,
};
