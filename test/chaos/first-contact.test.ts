// A master that meets a very large fleet for the first time.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { ROSTER_BUCKET } from "@fleet/wire";
import { metricsOf } from "../end-to-end/daemon-metrics.ts";
import { startSwarm } from "../integration/swarm-members.ts";
import { startFleetOf } from "./fleet.ts";

const PEELS = 100_000;
/** Ten seconds are what is meant; here the broker, the master and the whole fleet share a machine with others. */
const BOUND_MS = 60_000;

describe("a master that begins in a fleet of 100,000 peels", () => {
  it("has all of them in the roster within seconds, each once", async (t) => {
    await using server = await startTestServer();
    await using fleet = await startFleetOf({ urls: [server.url] });
    await using running = await startSwarm(server.url, { peels: String(PEELS), interval: "30s", ttl: "120s" });
    await eventually(() => assert.equal(running.swarm.census.silent(120_000), 0));
    const startedAt = Date.now();
    const master = fleet.startMaster("master-1", {
      "heartbeat-interval": "30s",
      "heartbeat-ttl": "120s",
      "count-interval": "15s",
      "lease-ttl": "15s",
      "log-level": "debug",
    });
    const roster = createBucket(fleet.connection, ROSTER_BUCKET);
    const wanted = { timeoutMs: BOUND_MS, everyMs: 100 };
    await eventually(async () => assert.ok((await roster.state()).keys > PEELS), wanted);
    const writtenMs = Date.now() - startedAt;
    const held = await master.untilLogged("leader lease acquired");
    t.diagnostic(
      `written ${writtenMs} ms after the start of the process, ${Date.now() - held.time} ms after the lease`,
    );
    for (const { msg, time, level, component, version, master_id, ...fields } of master.lines) {
      if (/heartbeat bucket read|presence certain|roster opened/.test(msg)) {
        t.diagnostic(`${time - startedAt} ms: ${msg} ${JSON.stringify(fields)}`);
      }
    }
    await eventually(async () => {
      const metrics = await metricsOf(master);
      assert.equal(metrics.get("roster_records_total"), PEELS);
      assert.equal(metrics.get('peels{state="online"}'), PEELS);
      assert.equal(metrics.get('peel_transitions_total{reason="joined"}'), PEELS);
    }, wanted);
  });
});
