import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { setUpBucket } from "@fleet/bus";
import { heartbeatBucketSpec } from "@fleet/wire";
import { connectSession } from "../integration/bus-session.ts";

/** A server with an empty heartbeat bucket in memory, whose keys outlive a run. */
export async function startBenchBroker(serverPath: string): Promise<RunningServer> {
  const server = await startTestServer({ path: serverPath });
  await using session = await connectSession({ urls: [server.url] });
  await setUpBucket(session.connection, heartbeatBucketSpec({ ttlMs: 600_000, storage: "memory" }));
  return server;
}
