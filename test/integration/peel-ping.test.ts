// What a probe and the system account's events tell of peels that live, hang and die.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderSystemAccount } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { createBucket, createConnection, resolveConnectionOptions } from "@fleet/bus";
import { createConnectionSignal, createProber, type PeelGone } from "@fleet/presence";
import { systemClock } from "@fleet/runtime";
import { createRecordingLogger, eventually } from "@fleet/runtime/testing";
import { decodeHeartbeat, HEARTBEAT_BUCKET } from "@fleet/wire";
import { connectSession } from "./bus-session.ts";
import {
  assertCheck,
  assertConnected,
  PATIENT,
  QUICK,
  spawnPeel,
  startMaster,
  startPeel,
  warningsOf,
} from "./fleet-members.ts";

const SYSTEM_LOGIN = { user: "sys", password: "pw" };
const ACCOUNTS = renderSystemAccount(SYSTEM_LOGIN);

const systemUrlOf = ({ url }: { url: string }) => url.replace("nats://", "nats://sys:pw@");

/** A connection signal that runs until disposed. */
function startSignal(url: string) {
  const logger = createRecordingLogger();
  const config = resolveConnectionOptions({ urls: [url], name: "signal" });
  const gone: (PeelGone & { heardMono: number })[] = [];
  const signal = createConnectionSignal({
    connection: createConnection({ config, clock: systemClock, random: () => 0.1, logger }),
    clock: systemClock,
    logger,
    onGone: (peel) => gone.push({ ...peel, heardMono: performance.now() }),
  });
  const controller = new AbortController();
  const ended = signal.run(controller.signal);
  return {
    signal,
    gone,
    logger,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await ended;
    },
  };
}

/** The oldest supported server and the newest. */
const SUITES = ["bookworm", "forky"];

for (const { label, path, skip } of await resolveTestServerVersions(SUITES)) {
  describe(`a peel's process, on ${label}`, { skip: skip ?? false }, () => {
    it("answers, times out while stopped, and is gone at once when killed, which the system account hears", async () => {
      await using server = await startTestServer({ path, config: ACCOUNTS });
      await using fleet = await connectSession({ urls: [server.url] });
      await using _master = await startMaster(server.url);
      await using system = startSignal(systemUrlOf(server));
      const { heartbeatInterval } = QUICK;
      await using web1 = await spawnPeel(server.url, "web1", { "heartbeat-interval": heartbeatInterval });
      const prober = createProber({ connection: fleet.connection, clock: systemClock });
      const session = await eventually(async () => {
        const entry = await createBucket(fleet.connection, HEARTBEAT_BUCKET).get("web1");
        const beat = decodeHeartbeat(entry?.value ?? new Uint8Array());
        assert.ok(beat.ok && beat.value.ping === true && beat.value.session !== undefined);
        return beat.value.session;
      }, PATIENT);
      await eventually(() => assert.equal(system.signal.listening, true));

      const alive = await prober.probe("web1", { timeoutMs: 5_000 });
      assert.ok(alive.kind === "answered", JSON.stringify(alive));
      assert.deepEqual([alive.reply.session, alive.reply.status], [session, "ok"]);
      assert.ok(alive.reply.uptimeMs > 0 && alive.roundTripMs > 0);

      web1.send("SIGSTOP");
      assert.deepEqual(await prober.probe("web1", { timeoutMs: 500 }), { kind: "timeout" });
      web1.send("SIGCONT");
      assert.equal((await prober.probe("web1", { timeoutMs: 5_000 })).kind, "answered");

      const killedMono = performance.now();
      await web1.end("SIGKILL");
      await eventually(async () =>
        assert.deepEqual(await prober.probe("web1", { timeoutMs: 500 }), { kind: "no-responders" }),
      );
      const [told] = await eventually(() => {
        assert.equal(system.gone.length, 1);
        return system.gone;
      });
      assert.ok(told);
      assert.deepEqual([told.id, told.session, told.reason], ["web1", session, "Client Closed"]);
      assert.ok(Math.abs((told.at ?? 0) - Date.now()) < 60_000);
      // Some 5 ms on an idle machine.
      assert.ok(told.heardMono - killedMono < 1_000, `heard after ${told.heardMono - killedMono} ms`);
      assert.deepEqual(
        system.logger.lines.filter(({ level }) => level !== "info"),
        [],
      );
    });
  });
}

describe("probes", () => {
  it("of 5,000 peels that are not there all say so, and the one in line behind them that is there answers", async () => {
    await using server = await startTestServer();
    await using fleet = await connectSession({ urls: [server.url] });
    await using _web1 = await startPeel(server.url, "web1");
    const prober = createProber({ connection: fleet.connection, clock: systemClock });
    await eventually(async () => assert.equal((await prober.probe("web1", { timeoutMs: 500 })).kind, "answered"));
    const ids = [...Array.from({ length: 5_000 }, (_, index) => `gone-${index}`), "web1"];
    const results = await Promise.all(ids.map((id) => prober.probe(id, { timeoutMs: 30_000 })));
    assert.equal(results.at(-1)?.kind, "answered");
    assert.ok(results.slice(0, -1).every(({ kind }) => kind === "no-responders"));
  });
});

describe("a connection signal", () => {
  it("warns of credentials that are not the system account's, and works on without hearing anything", async () => {
    await using server = await startTestServer({ config: ACCOUNTS });
    await using outside = startSignal(server.url);
    await eventually(() =>
      assert.ok(outside.logger.lines.some(({ message }) => message.startsWith("not the NATS system account"))),
    );
    assert.equal(outside.signal.listening, false);
  });

  it("warns of credentials that are refused, and goes on trying", async () => {
    await using server = await startTestServer({ config: ACCOUNTS });
    await using refused = startSignal(server.url.replace("nats://", "nats://sys:wrong@"));
    await eventually(() => {
      const line = refused.logger.lines.find(({ message }) => message.startsWith("cannot connect to NATS; retrying"));
      assert.equal(line?.level, "warn");
    });
    assert.equal(refused.signal.listening, false);
  });
});

describe("a master", () => {
  it("with a wrong login to the system account says so, and otherwise works as without one", async () => {
    await using server = await startTestServer({ config: ACCOUNTS });
    await using master = await startMaster(server.url, { natsSysUser: "sys", natsSysPassword: () => "Horse7" });
    await using _web1 = await startPeel(server.url, "web1", QUICK);
    await assertConnected(master, 1);
    const warnings = await eventually(() => {
      const found = warningsOf(master).filter((line) => line.startsWith("cannot connect to NATS; retrying"));
      assert.ok(found.length > 0);
      return found.join();
    });
    assert.match(warnings, /"account":"system"/);
    assert.doesNotMatch(warnings, /Horse7/);
    await assertCheck(master, "nats", "ok");
    await assertCheck(master, "presence", "ok");
  });
});
