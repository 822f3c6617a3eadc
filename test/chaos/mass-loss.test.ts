// Very many peels that go at once: looked at twice, told together.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { untilMetrics } from "../end-to-end/daemon-metrics.ts";
import { PATIENCE } from "../end-to-end/fleet-command.ts";
import { startSwarm } from "../integration/swarm-members.ts";
import { INTERVAL_MS, startFleetOf, TTL_MS, toldBy, untilSeen, watchGauge } from "./fleet.ts";
import { readHistory, untilHistory } from "./roster-history.ts";

const PEELS = 60;
/** What a busy machine may add to TTL + 5 s. */
const ALLOWANCE_MS = 3_000;

const SWARM = { peels: String(PEELS), interval: `${INTERVAL_MS}ms`, ttl: `${TTL_MS}ms` };

describe("half of sixty peels that die at once", () => {
  it("are told as one mass, in one line, within the TTL and 5 s, and the others as nothing", async (t) => {
    await using server = await startTestServer();
    await using fleet = await startFleetOf({ urls: [server.url] });
    const master = fleet.startMaster("master-1");
    await untilMetrics(master, { presence_valid: 1 });
    await using running = await startSwarm(server.url, SWARM);
    await untilSeen(master, PEELS);
    await eventually(async () => assert.equal((await readHistory(fleet.connection)).size, PEELS), PATIENCE);
    await using gauge = watchGauge(master);
    await gauge.untilValid(1);

    const crashed = running.swarm.intervene("crash", PEELS / 2);
    const crashedAt = Date.now();
    const history = await eventually(async () => {
      const found = await readHistory(fleet.connection);
      for (const id of crashed) assert.equal(found.get(id)?.length, 2, id);
      return found;
    }, PATIENCE);
    const records = crashed.map((id) => history.get(id)?.at(-1));
    const lastMs = Math.max(...records.map((record) => record?.storedAt ?? Number.NaN)) - crashedAt;
    t.diagnostic(`the last of ${crashed.length} is in the roster after ${lastMs} ms, TTL ${TTL_MS} ms`);
    assert.ok(lastMs < TTL_MS + 5_000 + ALLOWANCE_MS);
    for (const record of records) assert.deepEqual([record?.reason, record?.mass], ["expired", true]);
    await gauge.untilValid(1, 0, 1);
    await untilMetrics(master, { connected_peels: PEELS / 2, 'peels{state="online"}': PEELS / 2, presence_drift: 0 });
    assert.deepEqual(gauge.peels.at(0), PEELS, "the gauge kept its value");
    const losses = () => toldBy(master).filter((line) => /lost|expired/.test(line));
    await eventually(() => assert.deepEqual(losses(), [`very many peels lost at once ${crashed.length}`]), PATIENCE);
    for (const id of running.swarm.census.ids("alive")) assert.equal(history.get(id)?.length, 1, id);

    const back = running.swarm.intervene("join", 3);
    for (const id of back) await untilHistory(fleet.connection, id, ["joined", "expired", "returned"]);
  });

  it("and all of the rest a moment later leave nobody, and a master that sees that", async (t) => {
    await using server = await startTestServer();
    await using fleet = await startFleetOf({ urls: [server.url] });
    const master = fleet.startMaster("master-1");
    await using running = await startSwarm(server.url, SWARM);
    await untilSeen(master, PEELS);
    running.swarm.intervene("crash", PEELS / 2);
    const crashedAt = Date.now();
    await untilMetrics(master, { presence_valid: 0 });
    running.swarm.intervene("crash", PEELS / 2);
    await untilMetrics(master, { presence_valid: 1, connected_peels: 0, 'peels{state="offline"}': PEELS });
    t.diagnostic(`sees again, that nobody is left, after ${Date.now() - crashedAt} ms, TTL ${TTL_MS} ms`);
    const history = await readHistory(fleet.connection);
    for (const id of running.swarm.census.ids("crashed")) {
      assert.deepEqual(
        history.get(id)?.map(({ reason }) => reason),
        ["joined", "expired"],
      );
    }
  });
});
