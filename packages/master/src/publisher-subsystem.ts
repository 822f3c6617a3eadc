import { type Connection, createBucket } from "@fleet/bus";
import {
  createElector,
  createLeaseCheck,
  createLeaseStore,
  type Elector,
  type LeaseConfig,
  type LeaseEvents,
  type LeaseGrant,
  registerLeaseMetrics,
} from "@fleet/lease";
import type { Metrics } from "@fleet/ops";
import type { LiveView, ResyncCause } from "@fleet/presence";
import { aborted, backoffDelayMs, type Clock, isFleetError, type Logger, messageOf, sleep } from "@fleet/runtime";
import { encodeStepDownReply, LEASE_BUCKET, leaseStepDownSubject } from "@fleet/wire";
import type { BucketKeeper } from "./bucket-keeper.ts";
import type { Subsystem } from "./subsystem.ts";

/** What the check and the metrics call the lease, whatever part of the fleet it is for. */
const PUBLISHER = "publisher";

export interface PublisherSubsystemParts {
  readonly connection: Connection;
  readonly keeper: Pick<BucketKeeper, "look" | "problemsOf">;
  readonly masterId: string;
  /** Id of this life of the process. */
  readonly session: string;
  /** The lease whose holder is the one master that publishes. */
  readonly lease: string;
  readonly config: LeaseConfig;
  /** Those of them that publish do so under the lease. */
  readonly duties: readonly Subsystem[];
  /** What the duties are done by: where it has not seen what happened, another master may have. */
  readonly view: Pick<LiveView, "blindness" | "onDisturbance">;
  /** The greatest term that what the duties write behind the fence has seen: it outlives the lease bucket. */
  readonly lastTerm: () => Promise<number>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const RETRY = { firstMs: 250, maxMs: 5_000 };

/** Stands for the publisher lease; while it holds it, everything that only one master may do is done here. */
export function createPublisherSubsystem(parts: PublisherSubsystemParts): Subsystem {
  const { connection, keeper, masterId, session, lease, config, duties, view, lastTerm, clock, random, logger } = parts;
  const bucket = createBucket(connection, LEASE_BUCKET);
  let events: LeaseEvents = {};

  /** Runs a duty for one term; one that ends too early is logged and begun again. */
  const publish = async (duty: Subsystem, grant: LeaseGrant) => {
    for (let failures = 1; !grant.signal.aborted; failures += 1) {
      try {
        await duty.publish?.(grant);
      } catch (error) {
        if (grant.signal.aborted) return;
        logger.warn("publishing failed; trying again", {
          subsystem: duty.name,
          term: grant.term,
          error: messageOf(error),
        });
      }
      await sleep(clock, backoffDelayMs(failures, RETRY, random), grant.signal);
    }
  };

  const elector: Elector = createElector({
    name: lease,
    holder: masterId,
    store: createLeaseStore({ bucket, name: lease, holder: masterId, session, ttlMs: config.ttlMs }),
    config,
    async work(grant) {
      await Promise.all(duties.filter((duty) => duty.publish).map((duty) => publish(duty, grant)));
      await aborted(grant.signal);
    },
    lastTerm,
    isFit: () => view.blindness === undefined,
    clock,
    random,
    logger,
    events: {
      onAcquired: (term) => events.onAcquired?.(term),
      onEnded: (reason, term) => events.onEnded?.(reason, term),
      onRenew: (durationMs) => events.onRenew?.(durationMs),
    },
    onError(error) {
      if (isFleetError(error, "BUCKET_MISSING")) keeper.look();
    },
  });

  let serverId: string | undefined;

  /** A server that is alone and was started again has told nobody anything: no other master has heard more. */
  const mayOthersKnowMore = (cause: ResyncCause) => {
    if (cause === "gap") return true;
    const before = serverId;
    serverId = connection.server?.id;
    return cause === "reconnect" && (connection.server?.clustered === true || serverId === before);
  };

  const leaseCheck = createLeaseCheck(PUBLISHER, elector, config);

  return {
    name: "publisher",
    checks: [
      {
        name: leaseCheck.name,
        async run(signal) {
          const result = await leaseCheck.run(signal);
          const problems = keeper.problemsOf(LEASE_BUCKET);
          if (problems.length === 0 || result.status === "down") return result;
          return { status: "degraded", message: [result.message, ...problems].join("; ") };
        },
      },
    ],
    registerMetrics(metrics: Metrics) {
      events = registerLeaseMetrics(metrics, PUBLISHER, () => elector).events;
    },
    async run(signal) {
      const requests = connection.subscribe(leaseStepDownSubject(lease), ({ reply }) => {
        const { standing } = elector;
        // Every master hears the request; only the one it is meant for answers.
        if (standing.role !== "holder" || !elector.stepDown()) return;
        if (reply) connection.publish(reply, encodeStepDownReply({ holder: masterId, term: standing.term }));
      });
      const stopListening = view.onDisturbance((cause) => {
        if (mayOthersKnowMore(cause)) elector.standBack();
      });
      await elector.run(signal);
      stopListening();
      requests.close();
    },
  };
}
