import assert from "node:assert/strict";
import { test } from "node:test";
import { busErrors, type Message, type RequestOptions } from "@fleet/bus";
import { createFakeClock } from "@fleet/runtime/testing";
import { encodePingReply, type PingReply } from "@fleet/wire";
import { createProber, MAX_PROBES_IN_FLIGHT, type ProbeResult } from "./prober.ts";

const REPLY: PingReply = { session: "s1", version: "1.0.0", uptimeMs: 5_000, status: "ok", sentAt: 1_000 };
const TIMEOUT = { timeoutMs: 750 };

interface Asked {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly options: RequestOptions;
  answer(payload: Uint8Array): void;
  fail(error: Error): void;
}

/** A prober whose requests are answered by the test. */
function makeProber() {
  const clock = createFakeClock();
  const asked: Asked[] = [];
  const prober = createProber({
    clock,
    connection: {
      request: (subject, payload, options) =>
        new Promise<Message>((resolve, reject) => {
          const answer = (reply: Uint8Array) =>
            resolve({ subject, payload: reply, reply: undefined, status: 0, header: () => undefined });
          asked.push({ subject, payload, options, answer, fail: reject });
        }),
    },
  });
  return { clock, asked, prober };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a peel that answers is told with its reply and the time it took", async () => {
  const { clock, asked, prober } = makeProber();
  const result = prober.probe("web1", TIMEOUT);
  assert.deepEqual(
    asked.map(({ subject, payload, options }) => [subject, payload.length, options.timeoutMs]),
    [["fleet.peel.web1.ping", 0, 750]],
  );
  await clock.advance(12);
  asked[0]?.answer(encodePingReply(REPLY));
  assert.deepEqual(await result, { kind: "answered", reply: REPLY, roundTripMs: 12 });
  assert.equal(prober.inFlight, 0);
});

test("only a missing listener and a missing answer say anything of the peel; other failures are the asker's own", async () => {
  const table: [Error, ProbeResult][] = [
    [busErrors.create("UNAVAILABLE", "nobody"), { kind: "no-responders" }],
    [busErrors.create("TIMEOUT", "late"), { kind: "timeout" }],
    [busErrors.create("NOT_CONNECTED", "away"), { kind: "unknown", reason: "away" }],
    [busErrors.create("PERMISSION_DENIED", "denied"), { kind: "unknown", reason: "denied" }],
    [busErrors.create("BROKER_ERROR", "odd"), { kind: "unknown", reason: "odd" }],
    [new TypeError("a bug"), { kind: "unknown", reason: "a bug" }],
  ];
  for (const [error, expected] of table) {
    const { asked, prober } = makeProber();
    const result = prober.probe("web1", TIMEOUT);
    asked[0]?.fail(error);
    assert.deepEqual(await result, expected);
    assert.equal(prober.inFlight, 0);
  }
});

test("a reply that cannot be read is neither an answer nor an absence", async () => {
  const { asked, prober } = makeProber();
  const result = prober.probe("web1", TIMEOUT);
  asked[0]?.answer(new Uint8Array());
  assert.deepEqual(await result, { kind: "unknown", reason: "the reply cannot be read: empty" });
});

test("no more than the limit are in flight, and the others follow in the order in which they came", async () => {
  const { asked, prober } = makeProber();
  const done: string[] = [];
  const total = MAX_PROBES_IN_FLIGHT + 500;
  const probes = Array.from({ length: total }, async (_, index) => {
    const result = await prober.probe(`p${index}`, TIMEOUT);
    done.push(`p${index} ${result.kind}`);
  });
  assert.deepEqual([asked.length, prober.inFlight, prober.waiting], [MAX_PROBES_IN_FLIGHT, MAX_PROBES_IN_FLIGHT, 500]);
  asked[7]?.answer(encodePingReply(REPLY));
  asked[3]?.fail(busErrors.create("UNAVAILABLE", "nobody"));
  await settle();
  assert.deepEqual(done, ["p7 answered", "p3 no-responders"]);
  assert.deepEqual(
    asked.slice(MAX_PROBES_IN_FLIGHT).map(({ subject }) => subject),
    ["fleet.peel.p1000.ping", "fleet.peel.p1001.ping"],
  );
  assert.deepEqual([prober.inFlight, prober.waiting], [MAX_PROBES_IN_FLIGHT, 498]);
  for (let index = 0; index < total; index += 1) {
    if (index >= asked.length) await settle();
    asked[index]?.answer(encodePingReply(REPLY));
  }
  await Promise.all(probes);
  assert.deepEqual([prober.inFlight, prober.waiting, asked.length], [0, 0, total]);
});

test("a connection that is lost ends all of them at once, those in line too", async () => {
  const prober = createProber({
    clock: createFakeClock(),
    connection: { request: () => Promise.reject(busErrors.create("NOT_CONNECTED", "away")) },
  });
  const results = await Promise.all(
    Array.from({ length: 3 * MAX_PROBES_IN_FLIGHT }, (_, index) => prober.probe(`p${index}`, TIMEOUT)),
  );
  assert.ok(results.every(({ kind }) => kind === "unknown"));
  assert.deepEqual([prober.inFlight, prober.waiting], [0, 0]);
});

test("a signal gives up what is in flight and what is in line, and nothing stays with it", async () => {
  const { asked, prober } = makeProber();
  const controller = new AbortController();
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  const total = MAX_PROBES_IN_FLIGHT + 20;
  const probes = Array.from({ length: total }, (_, index) =>
    prober.probe(`p${index}`, { ...TIMEOUT, signal: controller.signal }),
  );
  asked[0]?.answer(encodePingReply(REPLY));
  assert.equal((await probes[0])?.kind, "answered");
  controller.abort();
  const results = await Promise.all(probes);
  assert.equal(results.filter(({ kind }) => kind === "unknown").length, total - 1);
  assert.equal(prober.waiting, 0);
  // The requests themselves end by their own timeouts.
  assert.equal(asked.length, MAX_PROBES_IN_FLIGHT + 1);
  for (const { fail } of asked) fail(busErrors.create("TIMEOUT", "late"));
  await settle();
  assert.equal(prober.inFlight, 0);
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});

test("a probe with a signal that has aborted already asks nobody", async () => {
  const { asked, prober } = makeProber();
  const result = await prober.probe("web1", { ...TIMEOUT, signal: AbortSignal.abort() });
  assert.deepEqual([result.kind, asked.length], ["unknown", 0]);
});
