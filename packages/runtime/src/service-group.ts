import type { Clock } from "./clock.ts";
import { aborted, sleep } from "./clock.ts";
import { createDeferred } from "./deferred.ts";
import { formatDuration } from "./duration.ts";
import { runtimeErrors } from "./errors.ts";
import type { Logger } from "./logger.ts";
import type { Service } from "./service.ts";

export interface ServiceGroupOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Started in this order, stopped in reverse. */
  readonly members: readonly Service[];
  /** Time for all members together to stop. */
  readonly stopTimeoutMs: number;
  /** Told, at debug, of each member that has stopped: in what order, and which took how long. @default nobody is */
  readonly logger?: Logger;
}

interface Running {
  readonly service: Service;
  readonly controller: AbortController;
  /** Resolves when `run` has settled, with what it rejected with. */
  readonly ended: Promise<void>;
  done: boolean;
}

/**
 * Several services as one. Each starts when those before it are ready. When the group is told to stop, or a
 * member fails or ends by itself, all are stopped in reverse order, one after the other. The group is ready when the last
 * member is.
 *
 * Rejects with the first member's failure, with `SERVICE_ENDED` if one ended by itself, or with `STOP_TIMEOUT`
 * naming the members that had not stopped in time.
 */
export function createServiceGroup(options: ServiceGroupOptions): Service & { readonly ready: Promise<void> } {
  const { name, clock, members, stopTimeoutMs, logger } = options;
  const ready = createDeferred();
  return {
    name,
    ready: ready.promise,
    async run(signal) {
      const running: Running[] = [];
      const stop = new AbortController();
      let failure: { readonly error: unknown } | undefined;
      const fail = (error: unknown) => {
        failure ??= { error };
        stop.abort();
      };
      const onAbort = () => stop.abort();
      if (signal.aborted) stop.abort();
      signal.addEventListener("abort", onAbort, { once: true });
      const stopping = aborted(stop.signal);

      for (const service of members) {
        if (stop.signal.aborted) break;
        const member = start(service, fail);
        running.push(member);
        if (service.ready) await Promise.race([readyOrFailed(service.ready, member, fail), stopping]);
      }
      if (!stop.signal.aborted) ready.resolve();
      await stopping;

      const stragglers = await stopInReverse(running, clock, stopTimeoutMs, logger);
      signal.removeEventListener("abort", onAbort);
      if (failure) throw failure.error;
      if (stragglers.length > 0) {
        throw runtimeErrors.create(
          "STOP_TIMEOUT",
          `${name}: not stopped within ${formatDuration(stopTimeoutMs)}: ${stragglers.join(", ")}`,
        );
      }
    },
  };
}

function start(service: Service, onFailure: (error: unknown) => void): Running {
  const controller = new AbortController();
  const member: Running = {
    service,
    controller,
    done: false,
    ended: Promise.resolve()
      .then(() => service.run(controller.signal))
      .then(
        () => {
          if (!controller.signal.aborted) {
            onFailure(runtimeErrors.create("SERVICE_ENDED", `${service.name} ended although it had not been stopped`));
          }
        },
        (error: unknown) => onFailure(error),
      )
      .then(() => {
        member.done = true;
      }),
  };
  return member;
}

/** A member told to stop may reject its `ready`: that is no failure. */
function readyOrFailed(ready: Promise<void>, member: Running, onFailure: (error: unknown) => void): Promise<void> {
  return ready.catch((error: unknown) => {
    if (!member.controller.signal.aborted) onFailure(error);
  });
}

async function stopInReverse(
  running: readonly Running[],
  clock: Clock,
  timeoutMs: number,
  logger: Logger | undefined,
): Promise<string[]> {
  const expiry = new AbortController();
  const cancelExpiry = clock.setTimer(timeoutMs, () => expiry.abort());
  for (const member of [...running].reverse()) {
    const toldMono = clock.monoMs();
    member.controller.abort();
    if (!expiry.signal.aborted) await Promise.race([member.ended, aborted(expiry.signal)]);
    if (member.done) {
      logger?.debug("part stopped", { part: member.service.name, duration_ms: Math.round(clock.monoMs() - toldMono) });
    }
  }
  cancelExpiry();
  if (expiry.signal.aborted) await sleep(clock, 0);
  return running.filter((member) => !member.done).map((member) => member.service.name);
}
