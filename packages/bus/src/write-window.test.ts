import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock } from "@fleet/runtime/testing";
import type { ConnectionState } from "./connection.ts";
import { busErrors } from "./errors.ts";
import type { Headers, Message } from "./message.ts";
import { createWriteWindow } from "./write-window.ts";

const TIMEOUT_MS = 1_000;

interface Sent {
  readonly subject: string;
  readonly reply: string;
  readonly headers: Headers | undefined;
}

/** A window on a connection whose other end is in the test's hand. */
function openWindow(maxInFlight = 4) {
  const clock = createFakeClock();
  const sent: Sent[] = [];
  const told: string[] = [];
  let answer = (_message: Message) => {};
  let become = (_state: ConnectionState) => {};
  const scene = { connected: true, listeners: 0 };
  const window = createWriteWindow({
    connection: {
      clock,
      createInbox: () => "_INBOX.x",
      subscribe(subject, onMessage) {
        scene.listeners += 1;
        answer = onMessage;
        return {
          subject,
          refused: false,
          close() {
            scene.listeners -= 1;
          },
        };
      },
      publish(subject, _payload, { reply = "", headers } = {}) {
        if (!scene.connected) throw busErrors.create("NOT_CONNECTED", "down");
        sent.push({ subject, reply, headers });
      },
      onState(listener) {
        scene.listeners += 1;
        become = listener;
        return () => {
          scene.listeners -= 1;
        };
      },
    },
    maxInFlight,
    timeoutMs: TIMEOUT_MS,
    onStored: (tag, revision, tookMs) => told.push(`${tag} at ${revision} in ${tookMs}`),
    onFailed: (tag, error) => told.push(`${tag} ${error.code}`),
  });
  const reply = (index: number, text: string) =>
    answer({
      subject: sent[index]?.reply ?? "",
      payload: new TextEncoder().encode(text),
      reply: undefined,
      status: 0,
      header: () => undefined,
    });
  return {
    window,
    clock,
    sent,
    told,
    scene,
    publish: (...tags: number[]) => {
      for (const tag of tags) window.put("beats", `key-${tag}`, new Uint8Array(), tag);
    },
    store: (index: number, revision: number) => reply(index, `{"stream":"s", "seq":${revision}}`),
    refuse: (index: number) => reply(index, '{"error":{"code":429,"description":"too many requests"},"seq":0}'),
    disconnect: () => become("disconnected"),
  };
}

describe("the write window", () => {
  it("tells of each message once, by its tag, in whatever order the answers come", async () => {
    const { window, clock, publish, store, told } = openWindow();
    publish(70, 71, 72);
    await clock.advance(5);
    store(2, 13);
    store(0, 11);
    store(0, 11);
    store(1, 12);
    assert.deepEqual(told, ["72 at 13 in 5", "70 at 11 in 5", "71 at 12 in 5"]);
    assert.equal(window.inFlight, 0);
    assert.equal(clock.pendingTimers, 1);
    await clock.advance(TIMEOUT_MS);
    assert.equal(clock.pendingTimers, 0);
  });

  it("has room for so many on their way and no more", () => {
    const { window, publish, store } = openWindow(3);
    publish(1, 2);
    assert.equal(window.room, 1);
    publish(3);
    assert.equal(window.room, 0);
    assert.throws(() => publish(4), /invariant violated/);
    store(1, 10);
    assert.deepEqual([window.room, window.inFlight], [1, 2]);
  });

  it("gives up what is not answered in time, and keeps its room until the answer comes after all", async () => {
    const { window, clock, publish, store, told } = openWindow(200);
    publish(1, 2);
    await clock.advance(TIMEOUT_MS - 1);
    assert.deepEqual(told, []);
    await clock.advance(TIMEOUT_MS / 8);
    assert.deepEqual(told.sort(), ["1 TIMEOUT", "2 TIMEOUT"]);
    assert.deepEqual([window.inFlight, window.room, window.limit], [0, 98, 100]);
    store(0, 10);
    assert.deepEqual([told.length, window.room], [2, 99]);
    // In the place of the first.
    publish(3);
    store(0, 10);
    assert.deepEqual([told.length, window.inFlight], [2, 1]);
    store(2, 11);
    assert.equal(told.at(-1), "3 at 11 in 0");
  });

  it("forgets in the end what is never answered", async () => {
    const { window, clock, publish, store, told } = openWindow(1);
    publish(1);
    await clock.advance(TIMEOUT_MS * 2);
    assert.equal(window.room, 0);
    await clock.advance(10_000);
    assert.equal(window.room, 1);
    assert.equal(clock.pendingTimers, 0);
    publish(2);
    store(0, 10);
    assert.deepEqual(told, ["1 TIMEOUT"]);
    store(1, 11);
    assert.deepEqual(told, ["1 TIMEOUT", "2 at 11 in 0"]);
  });

  it("halves its room once for all that are late together", async () => {
    const { window, clock, publish } = openWindow(400);
    publish(1, 2, 3);
    await clock.advance(TIMEOUT_MS / 2);
    publish(4, 5);
    await clock.advance(TIMEOUT_MS * 1.5);
    assert.equal(window.limit, 200);
    publish(6);
    await clock.advance(TIMEOUT_MS * 1.5);
    assert.equal(window.limit, 100);
  });

  it("gives each its own time", async () => {
    const { clock, publish, told } = openWindow();
    publish(1);
    await clock.advance(TIMEOUT_MS / 2);
    publish(2);
    await clock.advance(TIMEOUT_MS / 2 + TIMEOUT_MS / 8);
    assert.deepEqual(told, ["1 TIMEOUT"]);
    await clock.advance(TIMEOUT_MS / 2);
    assert.deepEqual(told, ["1 TIMEOUT", "2 TIMEOUT"]);
  });

  it("fails all that is on its way when the connection is lost", async () => {
    const { window, clock, publish, disconnect, told } = openWindow();
    publish(1);
    await clock.advance(TIMEOUT_MS * 2);
    publish(2, 3);
    disconnect();
    assert.deepEqual(told.sort(), ["1 TIMEOUT", "2 NOT_CONNECTED", "3 NOT_CONNECTED"]);
    assert.deepEqual([window.inFlight, window.room], [0, 4]);
  });

  it("keeps nothing of a message that could not be sent", async () => {
    const { window, publish, scene, clock, told } = openWindow();
    scene.connected = false;
    assert.throws(() => publish(1), { code: "NOT_CONNECTED" });
    assert.equal(window.inFlight, 0);
    await clock.advance(2 * TIMEOUT_MS);
    assert.deepEqual(told, []);
  });

  it("grows by one with each acknowledgement until the first refusal, then slowly, and begins anew after a reconnect", async () => {
    const { window, clock, publish, refuse, store, sent, disconnect } = openWindow(1_000);
    const storeMore = (count: number) => {
      for (let index = 0; index < count; index += 1) {
        publish(index);
        store(sent.length - 1, index + 1);
      }
    };
    assert.equal(window.limit, 500);
    storeMore(100);
    assert.equal(window.limit, 600);
    publish(1, 2, 3);
    refuse(100);
    refuse(101);
    assert.equal(window.limit, 300);
    await clock.advance(200);
    refuse(102);
    assert.equal(window.limit, 150);
    storeMore(150);
    assert.equal(window.limit, 200);
    storeMore(20_000);
    assert.equal(window.limit, 1_000);
    publish(1);
    disconnect();
    assert.equal(window.limit, 500);
    storeMore(1_000);
    assert.equal(window.limit, 1_000);
  });

  it("never shrinks so far that it learns nothing any more, nor beyond its size", async () => {
    const { window, clock, publish, refuse, sent } = openWindow(200);
    const small = openWindow(10);
    small.publish(1);
    small.refuse(0);
    assert.equal(small.window.limit, 10);
    for (let round = 0; round < 10; round += 1) {
      publish(round);
      refuse(sent.length - 1);
      await clock.advance(200);
    }
    assert.equal(window.limit, 64);
  });

  it("writes values and delete markers, each with a reply subject of its own", () => {
    const { window, sent } = openWindow();
    window.put("beats", "web-1", new Uint8Array(), 1);
    window.delete("beats", "web-2", 2, { expectedRevision: 7, headers: { "Fleet-Session": "s" } });
    window.delete("beats", "web-3", 3);
    assert.deepEqual(
      sent.map(({ subject, headers }) => [subject, headers]),
      [
        ["$KV.beats.web-1", undefined],
        [
          "$KV.beats.web-2",
          { "Fleet-Session": "s", "KV-Operation": "DEL", "Nats-Expected-Last-Subject-Sequence": "7" },
        ],
        ["$KV.beats.web-3", { "KV-Operation": "DEL" }],
      ],
    );
    assert.equal(new Set(sent.map(({ reply }) => reply)).size, 3);
  });

  it("leaves neither listeners nor timers behind when closed", () => {
    const { window, publish, clock, scene } = openWindow();
    publish(1);
    window.close();
    assert.equal(scene.listeners, 0);
    assert.equal(clock.pendingTimers, 0);
  });
});
