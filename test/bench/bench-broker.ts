import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { setUpBucket } from "@fleet/bus";
import { heartbeatBucketSpec } from "@fleet/wire";
import { connectSession } from "../integration/bus-session.ts";

/** TTL by default: so long that keys outlive a run. */
export const BENCH_TTL_MS = 600_000;

/** A server with an empty heartbeat bucket. */
export async function startBenchBroker(
  serverPath: string,
  ttlMs: number = BENCH_TTL_MS,
  storage: "memory" | "file" = "memory",
): Promise<RunningServer> {
  const server = await startTestServer({ path: serverPath });
  await using session = await connectSession({ urls: [server.url] });
  await setUpBucket(session.connection, heartbeatBucketSpec({ ttlMs, storage }));
  return server;
}
