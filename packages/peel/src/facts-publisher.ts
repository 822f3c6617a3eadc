import type { Bucket, Connection } from "@fleet/bus";
import { type Clock, createPeriodicLoop, createThrottle, type Logger, messageOf, type Service } from "@fleet/runtime";
import { encodeFacts, FACTS_MAX_BYTES, type Facts } from "@fleet/wire";
import { factsDigest } from "./facts-collector.ts";

export interface FactsPublisherParts {
  readonly peelId: string;
  /** The facts bucket. */
  readonly bucket: Bucket;
  readonly connection: Pick<Connection, "state" | "onState">;
  readonly collect: () => Facts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Keeps a peel's facts in the bucket. */
export interface FactsPublisher extends Service {
  /** Writes them again, now: the bucket was found without them. */
  republish(): void;
}

const LOOK_EVERY_MS = 60_000;
const WRITE_TIMEOUT_MS = 5_000;

/**
 * Creates the publisher: facts are written at each connect, when they have changed, and when asked for. Nothing is sent
 * while disconnected; a failed write is tried again with backoff.
 */
export function createFactsPublisher(parts: FactsPublisherParts): FactsPublisher {
  const { peelId, bucket, connection, collect, clock, random, logger } = parts;
  const throttle = createThrottle(clock, LOOK_EVERY_MS);
  let written: string | undefined;

  const loop = createPeriodicLoop({
    name: "facts",
    clock,
    random,
    intervalMs: LOOK_EVERY_MS,
    deadlineMs: WRITE_TIMEOUT_MS,
    backoff: { firstMs: 1_000, maxMs: LOOK_EVERY_MS },
    async work() {
      if (connection.state !== "connected") return;
      const facts = collect();
      const digest = factsDigest(facts);
      if (digest === written) return;
      const value = encodeFacts(facts);
      if (value.length > FACTS_MAX_BYTES) {
        throw new Error(`the facts have ${value.length} bytes; no more than ${FACTS_MAX_BYTES} are taken`);
      }
      // Said beforehand, so that what is asked for meanwhile is not forgotten.
      written = digest;
      try {
        await bucket.put(peelId, value, { timeoutMs: WRITE_TIMEOUT_MS });
      } catch (error) {
        written = undefined;
        throw error;
      }
      logger.debug("facts written", { bytes: value.length });
    },
    onError(error) {
      throttle.run((heldBack) =>
        logger.warn("facts not written; retrying", {
          error: messageOf(error),
          ...(heldBack > 0 && { held_back: heldBack }),
        }),
      );
    },
  });

  const republish = () => {
    written = undefined;
    loop.trigger();
  };

  return {
    name: loop.name,
    republish,
    async run(signal) {
      const stopListening = connection.onState((state) => {
        if (state === "connected") republish();
      });
      await loop.run(signal);
      stopListening();
    },
  };
}
