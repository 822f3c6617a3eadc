import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProbeResult } from "@fleet/presence";
import { createFakeClock } from "@fleet/runtime/testing";
import type { PingReply } from "@fleet/wire";
import { EXIT } from "./exit-codes.ts";
import { resolvePingOptions } from "./ping-options.ts";
import { pingDocument, pingExitCode, renderPingTable } from "./ping-report.ts";
import { type PingSeries, pingSeries } from "./ping-series.ts";

const REPLY: PingReply = { session: "s1", version: "1.0.0", uptimeMs: 65_432, status: "ok", sentAt: 1_000 };
const answered = (roundTripMs: number, reply = REPLY): ProbeResult => ({ kind: "answered", reply, roundTripMs });

/** Pings a peel whose pings end as given, each after 100 ms. */
async function ping(results: readonly ProbeResult[], intervalMs = 1_000) {
  const clock = createFakeClock();
  const askedMono: number[] = [];
  const running = pingSeries("web1", {
    prober: {
      probe: (id, { timeoutMs }) => {
        assert.deepEqual([id, timeoutMs], ["web1", 2_000]);
        const result = results[askedMono.push(clock.monoMs()) - 1] ?? assert.fail("asked too often");
        return new Promise((resolve) => void clock.setTimer(100, () => resolve(result)));
      },
    },
    count: results.length,
    intervalMs,
    timeoutMs: 2_000,
    clock,
  });
  await clock.advance(results.length * 1_100);
  return { askedMono, series: await running };
}

test("a peel is pinged as often as asked for, an interval apart, and never twice at a time", async () => {
  const results = [answered(1), answered(2), answered(3)];
  assert.deepEqual((await ping(results)).askedMono, [0, 1_000, 2_000]);
  assert.deepEqual((await ping(results, 0)).askedMono, [0, 100, 200]);
});

test("the times of all answers and the last reply are told", async () => {
  const later = { ...REPLY, session: "s2" };
  const { series } = await ping([answered(1), { kind: "timeout" }, answered(4, later)]);
  assert.deepEqual(series, {
    id: "web1",
    sent: 3,
    answered: 2,
    result: "answered",
    reason: undefined,
    reply: later,
    roundTrips: { minMs: 1, meanMs: 2.5, maxMs: 4 },
  });
});

test("a peel that never answers is told by its last ping", async () => {
  const { series } = await ping([{ kind: "timeout" }, { kind: "no-responders" }]);
  assert.deepEqual([series.result, series.answered, series.roundTrips], ["no-responders", 0, undefined]);
  const failed = await ping([{ kind: "unknown", reason: "away" }]);
  assert.deepEqual([failed.series.result, failed.series.reason], ["unknown", "away"]);
});

const seriesOf = async (id: string, ...results: ProbeResult[]): Promise<PingSeries> => ({
  ...(await ping(results)).series,
  id,
});

test("people get a line for each peel, programs a document", async () => {
  const series = [
    await seriesOf("web1", answered(1.234), answered(2)),
    await seriesOf("web2", { kind: "no-responders" }),
    await seriesOf("web3", { kind: "timeout" }),
    await seriesOf("web4", { kind: "unknown", reason: "away" }),
  ];
  assert.equal(
    renderPingTable(series),
    [
      "PEEL ID  RESULT         ANSWERS  MIN    MEAN   MAX    STATUS  VERSION  UPTIME  SESSION",
      "web1     answered       2/2      1.2ms  1.6ms  2.0ms  ok      1.0.0    1m5s    s1",
      "web2     no-responders  0/1      -      -      -      -       -        -       -",
      "web3     timeout        0/1      -      -      -      -       -        -       -",
      "web4     unknown        0/1      -      -      -      -       -        -       -",
    ].join("\n"),
  );
  const { peels } = pingDocument(series);
  assert.deepEqual(peels[0], {
    id: "web1",
    result: "answered",
    reason: null,
    sent: 2,
    answered: 2,
    round_trip_seconds: { min: 0.001234, mean: 0.001617, max: 0.002 },
    session: "s1",
    version: "1.0.0",
    uptime_seconds: 65.432,
    status: "ok",
  });
  assert.deepEqual([peels[3]?.result, peels[3]?.reason, peels[3]?.round_trip_seconds], ["unknown", "away", null]);
});

test("the exit code tells all answered, some offline, and that the asking failed", async () => {
  const here = await seriesOf("web1", answered(1));
  const gone = await seriesOf("web2", { kind: "no-responders" });
  const failed = await seriesOf("web3", { kind: "unknown", reason: "away" });
  assert.equal(pingExitCode([here, here]), EXIT.ok);
  assert.equal(pingExitCode([here, gone]), EXIT.offline);
  assert.equal(pingExitCode([here, gone, failed]), EXIT.failed);
});

test("one ping with two seconds to answer is the default, and other wishes are checked", () => {
  assert.deepEqual(resolvePingOptions({}), { count: 1, intervalMs: 1_000, timeoutMs: 2_000 });
  const given = { count: "5", interval: "200ms", timeout: "1m" };
  assert.deepEqual(resolvePingOptions(given), { count: 5, intervalMs: 200, timeoutMs: 60_000 });
  for (const count of ["0", "-1", "1.5", "many", "1000001", ""]) {
    assert.throws(() => resolvePingOptions({ count }), /a whole number from 1 to 1000000 is wanted/, count);
  }
});
