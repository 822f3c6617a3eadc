import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { createBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { LEASE_BUCKET } from "@fleet/wire";
import { type BusSession, connectSession } from "../integration/bus-session.ts";
import { startTcpProxy, type TcpProxy } from "../integration/tcp-proxy.ts";
import { PATIENCE } from "./fleet-command.ts";
import { type Holding, holdingsOf, untilHeld, untilKnown } from "./lease-holdings.ts";
import { assertRecorded, LEASE, type LeaseWatch, readRosterTerms, watchLease } from "./lease-records.ts";
import { type MasterProcess, startMasterProcess } from "./master-process.ts";

const MASTERS = 3;
/** A TTL that a test can wait for. */
const TTL_MS = 4_000;
/** What a busy machine may add. */
const ALLOWANCE_MS = 5_000;
/** Well before a lease that nobody has released could be taken. */
const SOON_MS = TTL_MS / 2;

/** A master with a network of its own. */
interface Member {
  readonly master: MasterProcess;
  readonly network: TcpProxy;
}

describe("three masters", () => {
  let server: RunningServer;
  let observer: BusSession;
  let watch: LeaseWatch;
  const members: Member[] = [];
  const mastersOf = () => members.map(({ master }) => master);

  before(async () => {
    server = await startTestServer();
    observer = await connectSession({ urls: [server.url] });
    watch = watchLease(observer.connection);
  });
  after(async () => {
    for (const { master, network } of members) {
      await master[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
    }
    await watch[Symbol.asyncDispose]();
    await observer.stop();
    await server.stop();
  });

  beforeEach(async () => {
    while (members.filter(({ master }) => master.isAlive).length < MASTERS) {
      const network = await startTcpProxy(server);
      const id = `master-${members.length + 1}`;
      const flags = { "nats-url": network.url, "lease-ttl": `${TTL_MS}ms` };
      members.push({ master: startMasterProcess(id, flags), network });
    }
    const holding = await untilHeld(mastersOf());
    for (const { master } of members.filter(({ master }) => master.isAlive)) await untilKnown(master, holding);
    await assertRecorded(watch, mastersOf());
  });
  afterEach(async () => {
    await untilHeld(mastersOf());
    await assertRecorded(watch, mastersOf());
  });

  const memberOf = ({ master }: Holding): Member => {
    const member = members.find((each) => each.master === master);
    assert.ok(member);
    return member;
  };

  it("tell who holds the lease in their logs and metrics", async () => {
    const holding = await untilHeld(mastersOf());
    for (const { master } of members) {
      const started = await master.untilLogged("publisher lease candidate started; standing by until acquired");
      assert.deepEqual([started.level, started["key"]], ["INFO", LEASE]);
      const series = await leaseSeriesOf(master);
      const isHolder = master === holding.master;
      assert.equal(series.get("held"), isHolder ? 1 : 0);
      assert.equal(series.get("term"), isHolder ? holding.term : undefined);
      assert.equal(series.get("transitions_total"), isHolder ? 1 : 0);
      const renewedAt = series.get("last_renew_timestamp_seconds");
      assert.equal(renewedAt !== undefined, isHolder);
      assert.ok(renewedAt === undefined || Math.abs(Date.now() / 1_000 - renewedAt) < TTL_MS / 1_000);
      assert.equal(Number(series.get("renew_duration_seconds_count")) > 0, isHolder);
    }
    const acquired = await holding.master.untilLogged("leader lease acquired");
    const { level, key, holder, term } = acquired;
    assert.deepEqual({ level, key, holder, term }, { level: "INFO", key: LEASE, holder: holding.master.id, term });
  });

  it("hand the lease on at once when the holder is told to end", async () => {
    const holding = await untilHeld(mastersOf());
    const { master } = holding;
    master.signal("SIGTERM");
    const released = await master.untilLogged("leader lease released");
    const next = await untilHeld(mastersOf(), holding);
    assert.notEqual(next.master, master);
    assert.ok(next.from - released.time < SOON_MS, `taken ${next.from - released.time} ms after the release`);
    assert.equal((await master.command.ended).code, 0);
    const [ended] = holdingsOf([master]);
    assert.deepEqual([ended?.ended?.level, ended?.ended?.msg], ["INFO", "leader lease ending"]);
  });

  it("replace a holder that is killed, within the TTL and a second", async () => {
    const holding = await untilHeld(mastersOf());
    const { master } = holding;
    master.signal("SIGKILL");
    const next = await untilHeld(mastersOf(), holding);
    const tookMs = next.from - (master.silentSince ?? Number.NaN);
    assert.ok(tookMs < TTL_MS + 1_000 + ALLOWANCE_MS, `taken after ${tookMs} ms`);
  });

  it("replace a holder that is stopped, which finds itself deposed when it goes on, before it publishes", async () => {
    const holding = await untilHeld(mastersOf());
    const { master } = holding;
    master.signal("SIGSTOP");
    const next = await untilHeld(mastersOf(), holding);
    assert.ok(next.from - (master.silentSince ?? Number.NaN) < TTL_MS + 1_000 + ALLOWANCE_MS);
    await eventually(async () => {
      assert.equal((await readRosterTerms(observer.connection)).at(-1)?.holder, next.master.id);
    }, PATIENCE);

    const heard = master.lines.length;
    master.signal("SIGCONT");
    const lost = await master.untilLogged("leader lease lost", heard);
    assert.deepEqual([lost.level, lost["key"], lost["holder"]], ["WARN", LEASE, master.id]);
    await untilKnown(master, next);
    // Since it goes on it has written neither into the roster nor over the lease.
    assert.equal((await readRosterTerms(observer.connection)).at(-1)?.holder, next.master.id);
    assert.equal(watch.samples.filter((sample) => sample.holder === master.id).at(-1)?.term, holding.term);
  });

  it("replace a holder that is cut off, which ends its work before another begins", async () => {
    const holding = await untilHeld(mastersOf());
    const { master, network } = memberOf(holding);
    const cutAt = Date.now();
    network.hold();
    network.holdAnswers();
    const next = await untilHeld(mastersOf(), holding);
    const lost = await master.untilLogged("leader lease lost");
    assert.deepEqual([lost.level, lost["error"]], ["WARN", "no renew succeeded before the deadline"]);
    assert.ok(lost.time <= next.from, "another began before it ended");
    assert.ok(next.from - cutAt < TTL_MS + 1_000 + ALLOWANCE_MS, `taken after ${next.from - cutAt} ms`);
    network.cut();
    await untilKnown(master, next);
  });

  it("go on when the server is restarted", async () => {
    const bucket = createBucket(observer.connection, LEASE_BUCKET);
    const revision = async () => (await bucket.get(LEASE, { fromLeader: true, timeoutMs: 1_000 }))?.revision ?? 0;
    const before = await revision();
    server.kill();
    await server.restart();
    // Somebody renews it: the same one if the server was away for less than the deadline.
    await eventually(async () => {
      assert.ok((await revision()) > before + 2);
      await untilHeld(mastersOf());
    }, PATIENCE);
  });
});

/** The metrics of the lease, by what follows `fleet_lease_`. */
async function leaseSeriesOf(master: MasterProcess): Promise<ReadonlyMap<string, number>> {
  const body = await (await fetch(`${await master.url()}/metrics`)).text();
  const series = body.matchAll(/^fleet_lease_(\w+)\{lease="publisher"\} (\S+)$/gm);
  return new Map(Array.from(series, ([, name = "", value]) => [name, Number(value)]));
}
