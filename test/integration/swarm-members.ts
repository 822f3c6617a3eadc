import { createSessionId, systemClock } from "@fleet/runtime";
import { createRecordingLogger, type RecordingLogger } from "@fleet/runtime/testing";
import { createSwarm, resolveSwarmOptions, type SimulatedPeel, type Swarm, type SwarmOptions } from "@fleet/swarm";

/** A swarm that runs in this process. */
export interface RunningSwarm extends AsyncDisposable {
  readonly swarm: Swarm;
  readonly logger: RecordingLogger;
  /** Tells it to stop and resolves when it has; rejects if it failed. */
  stop(): Promise<void>;
}

export interface StartSwarmOptions extends SwarmOptions {
  readonly onChange?: (peel: SimulatedPeel) => void;
}

/** Starts a swarm and resolves when every peel has joined. */
export async function startSwarm(natsUrl: string, options: StartSwarmOptions = {}): Promise<RunningSwarm> {
  const { onChange, ...swarmOptions } = options;
  const logger = createRecordingLogger();
  const swarm = createSwarm({
    config: resolveSwarmOptions({ natsUrl: [natsUrl], storage: "memory", ...swarmOptions }),
    version: "1.2.3-test",
    session: createSessionId(),
    clock: systemClock,
    random: Math.random,
    logger,
    ...(onChange && { onChange }),
  });
  const controller = new AbortController();
  const ended = swarm.run(controller.signal);
  ended.catch(() => {});
  const stop = () => {
    controller.abort();
    return ended;
  };
  await Promise.race([swarm.ready, ended]);
  return { swarm, logger, stop, [Symbol.asyncDispose]: stop };
}
