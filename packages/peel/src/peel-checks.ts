import type { Bucket, Connection } from "@fleet/bus";
import { type Check, createTransportCheck } from "@fleet/ops";
import type { FactsPublisher } from "./facts-publisher.ts";

export interface PeelChecksParts {
  readonly peelId: string;
  readonly connection: Pick<Connection, "state" | "lastError">;
  /** The facts bucket. */
  readonly bucket: Bucket;
  readonly facts: Pick<FactsPublisher, "republish">;
}

/** Shorter than a check may take, so that the bucket's own error is told instead of a time-out. */
const GET_TIMEOUT_MS = 1_500;

/** The checks of a peel: `nats`, the connection; `kv`, a round trip to JetStream. */
export function createPeelChecks({ peelId, connection, bucket, facts }: PeelChecksParts): readonly Check[] {
  return [
    createTransportCheck(connection),
    {
      name: "kv",
      async run() {
        const entry = await bucket.get(peelId, { timeoutMs: GET_TIMEOUT_MS });
        if (entry?.operation === "put") return { status: "ok" };
        facts.republish();
        return { status: "ok", message: "this peel's facts were missing; writing them again" };
      },
    },
  ];
}
