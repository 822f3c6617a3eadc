import { type Connection, createBucket } from "@fleet/bus";
import { type ListedPeel, listPeels } from "@fleet/presence";
import { type Clock, createPeriodicLoop, type Service } from "@fleet/runtime";
import { FACTS_BUCKET, HEARTBEAT_BUCKET, ROSTER_BUCKET } from "@fleet/wire";

export interface FleetWatcherParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onListing: (peels: readonly ListedPeel[]) => void;
}

const LIST_EVERY_MS = 1_000;
const LIST_TIMEOUT_MS = 5_000;

/** Lists the peels every second, and at once when one is heard to come or go. */
export function createFleetWatcher({ connection, clock, random, onListing }: FleetWatcherParts): Service {
  const facts = createBucket(connection, FACTS_BUCKET);
  const heartbeats = createBucket(connection, HEARTBEAT_BUCKET);
  const roster = createBucket(connection, ROSTER_BUCKET);
  const loop = createPeriodicLoop({
    name: "fleet-watcher",
    clock,
    random,
    intervalMs: LIST_EVERY_MS,
    deadlineMs: LIST_TIMEOUT_MS,
    async work(signal) {
      if (connection.state !== "connected") return;
      const { peels } = await listPeels({ facts, heartbeats, roster, clock, timeoutMs: LIST_TIMEOUT_MS, signal });
      onListing(peels);
    },
    // The broker may be away for a while: the last picture stays until it is back.
    onError: () => {},
  });
  return {
    name: loop.name,
    async run(signal) {
      const goodbyes = heartbeats.hear((write) => {
        if (write.operation !== "put") loop.trigger();
      });
      // What a master says of it comes a moment later.
      const transitions = roster.hear(() => loop.trigger());
      await loop.run(signal);
      goodbyes.close();
      transitions.close();
    },
  };
}
