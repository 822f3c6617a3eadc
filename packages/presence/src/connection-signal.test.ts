import assert from "node:assert/strict";
import { test } from "node:test";
import { busErrors, type Connection, type ConnectionState, type Message } from "@fleet/bus";
import { aborted } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { createConnectionSignal, type PeelGone } from "./connection-signal.ts";

const encoder = new TextEncoder();

/** A signal on a connection in the test's hand; `failure` is what a request on it fails with. */
function makeSignal(failure?: Error) {
  const listeners = new Set<(state: ConnectionState) => void>();
  const subscriptions = new Map<string, (message: Message) => void>();
  const requests: string[] = [];
  let state: ConnectionState = "connecting";
  const become = async (next: ConnectionState) => {
    state = next;
    for (const listener of [...listeners]) listener(next);
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  const message = (payload: Uint8Array): Message => ({
    subject: "$SYS.ACCOUNT.A.DISCONNECT",
    payload,
    reply: undefined,
    status: 0,
    header: () => undefined,
  });
  const connection = {
    get state() {
      return state;
    },
    onState(listener: (state: ConnectionState) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    subscribe(subject: string, onMessage: (message: Message) => void) {
      subscriptions.set(subject, onMessage);
      return { subject, close: () => subscriptions.delete(subject) };
    },
    async request(subject: string) {
      requests.push(subject);
      if (failure) throw failure;
      return message(encoder.encode("{}"));
    },
    run: (signal: AbortSignal) => aborted(signal),
  } as unknown as Connection;
  const gone: PeelGone[] = [];
  const logger = createRecordingLogger();
  const signal = createConnectionSignal({
    connection,
    clock: createFakeClock(),
    logger,
    onGone: (peel) => gone.push(peel),
  });
  const controller = new AbortController();
  const ended = signal.run(controller.signal);
  const hear = (event: unknown) =>
    subscriptions.get("$SYS.ACCOUNT.*.DISCONNECT")?.(message(encoder.encode(JSON.stringify(event))));
  const stop = () => {
    controller.abort();
    return ended;
  };
  return { signal, gone, logger, become, hear, stop, listeners, subscriptions, requests };
}

test("a connection with a peel's name that ends is told with its session, time and reason", async () => {
  const { gone, hear, become, stop } = makeSignal();
  await become("connected");
  hear({ client: { name: "peel:web1:abc", stop: "2026-01-02T03:04:05.678Z" }, reason: "Stale Connection" });
  hear({ client: { name: "peel:web2:def" } });
  assert.deepEqual(gone, [
    { id: "web1", session: "abc", at: Date.UTC(2026, 0, 2, 3, 4, 5, 678), reason: "Stale Connection" },
    { id: "web2", session: "def", at: undefined, reason: "" },
  ]);
  await stop();
});

test("other connections and what is no event are passed over, told once a minute at debug level", async () => {
  const { gone, logger, hear, become, stop } = makeSignal();
  await become("connected");
  for (const event of [{ client: { name: "master:m" } }, { client: {} }, 1, "x", {}, null]) hear(event);
  assert.deepEqual(gone, []);
  assert.deepEqual(
    logger.lines.map(({ level, message }) => `${level}: ${message}`),
    ["debug: a disconnect event cannot be read; skipped"],
  );
  await stop();
});

test("it listens while it is connected to the system account, and leaves nothing behind when stopped", async () => {
  const { signal, logger, become, stop, listeners, subscriptions, requests } = makeSignal();
  assert.equal(signal.listening, false);
  await become("connected");
  assert.equal(signal.listening, true);
  await become("disconnected");
  assert.equal(signal.listening, false);
  await become("connected");
  assert.deepEqual(requests, ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING"]);
  await stop();
  assert.deepEqual([listeners.size, subscriptions.size, logger.lines], [0, 0, []]);
});

test("credentials of another account are warned of at each connect", async () => {
  const { signal, logger, become, stop } = makeSignal(busErrors.create("UNAVAILABLE", "nobody"));
  await become("connected");
  assert.equal(signal.listening, false);
  await become("disconnected");
  await become("connected");
  assert.deepEqual(
    logger.lines.map(({ level, message }) => [level, message.slice(0, 27)]),
    Array(2).fill(["warn", "not the NATS system account"]),
  );
  await stop();
});

test("a login that may only listen, and a slow server, are not taken for another account", async () => {
  for (const code of ["PERMISSION_DENIED", "TIMEOUT", "NOT_CONNECTED"] as const) {
    const { signal, logger, become, stop } = makeSignal(busErrors.create(code, "no"));
    await become("connected");
    assert.deepEqual([signal.listening, logger.lines], [true, []]);
    await stop();
  }
});
