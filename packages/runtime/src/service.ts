/**
 * Anything that runs until it is told to stop.
 *
 * A service does no I/O and sets no timers before {@link Service.run} is called.
 */
export interface Service {
  /** Short kebab-case name, used in logs and when a straggler is named. */
  readonly name: string;
  /**
   * Settles once the service is far enough for the services after it to start;
   * a service without it lets them start at once.
   */
  readonly ready?: Promise<void>;
  /**
   * Works until `signal` aborts and resolves when everything it opened is closed.
   * Rejects if it cannot go on; it is called once.
   */
  run(signal: AbortSignal): Promise<void>;
}
