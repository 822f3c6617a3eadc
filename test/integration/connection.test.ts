import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { findFreePort } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { createConnection, type Message, resolveConnectionOptions } from "@fleet/bus";
import { isFleetError, systemClock } from "@fleet/runtime";
import { createRecordingLogger, eventually } from "@fleet/runtime/testing";
import { assertCounted, connectSession, startSession } from "./bus-session.ts";

const NOTHING = new Uint8Array();
const notConnected = (error: unknown) => isFleetError(error, "NOT_CONNECTED");

/** Resolves with how long `work` took to fail as `expected`. */
async function failsAfter(work: Promise<unknown>, expected: (error: unknown) => boolean): Promise<number> {
  const startedMono = performance.now();
  await assert.rejects(work, expected);
  return performance.now() - startedMono;
}

/** A host that accepts and says nothing, as a stopped server or a lost backend behind a load balancer does. */
async function startSilentHost() {
  const open = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    // So that the end of the other side is seen.
    socket.resume();
  });
  const port = await findFreePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `nats://127.0.0.1:${port}`,
    open,
    accepted: () => accepted,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a connection whose server is not there", () => {
  it("says why at once, fails what is asked of it, and comes up when the server does", async () => {
    const port = await findFreePort();
    const url = `nats://127.0.0.1:${port}`;
    await using session = startSession({ urls: [url] });
    const { connection, logger } = session;
    const heard: string[] = [];
    connection.subscribe("greeting", (message) => heard.push(Buffer.from(message.payload).toString()));

    await eventually(() => assert.ok(isFleetError(connection.lastError, "BROKER_UNREACHABLE")));
    assert.match(connection.lastError?.message ?? "", new RegExp(`${url}: connect ECONNREFUSED`));
    assert.equal(connection.state, "connecting");
    assert.equal(typeof connection.server, "undefined");
    assert.throws(() => connection.publish("greeting", NOTHING), notConnected);
    await assert.rejects(connection.request("greeting", NOTHING, { timeoutMs: 30_000 }), notConnected);
    await assert.rejects(connection.flush(30_000), notConnected);

    await using server = await startTestServer({ port });
    await connection.connected(AbortSignal.timeout(10_000));
    assert.equal(connection.state, "connected");
    assert.equal(connection.lastError, undefined);
    assertCounted(connection, { reconnects: 0, disconnects: 0 });
    assert.equal(connection.server?.name, server.name);
    assert.equal(connection.server?.clustered, false);
    connection.publish("greeting", new TextEncoder().encode("hello"));
    await eventually(() => assert.deepEqual(heard, ["hello"]));
    assert.deepEqual(
      logger.lines.map((line) => line.message),
      ["cannot connect to NATS; retrying", "connected to NATS"],
    );
  });

  it("leaves no socket and no listener behind, however often it dials a host that says nothing", async () => {
    await using host = await startSilentHost();
    const controller = new AbortController();
    const config = resolveConnectionOptions({ name: "test", urls: [host.url], dialTimeout: "100ms" });
    const connection = createConnection({
      config,
      clock: systemClock,
      random: () => 0,
      logger: createRecordingLogger(),
    });
    const ended = connection.run(controller.signal);
    await eventually(() => assert.ok(host.accepted() >= 12));
    assert.ok(host.open.size <= 2, `${host.open.size} sockets are open`);
    assert.ok(getEventListeners(controller.signal, "abort").length <= 2);
    assert.match(connection.lastError?.message ?? "", /no answer in time/);
    controller.abort();
    await ended;
    await eventually(() => assert.equal(host.open.size, 0));
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  });

  it("stops in the middle of dialling without waiting for the dial", async () => {
    await using host = await startSilentHost();
    const session = startSession({ urls: [host.url], dialTimeout: "60s" });
    await eventually(() => assert.equal(host.open.size, 1));
    const startedMono = performance.now();
    await session.stop();
    assert.ok(performance.now() - startedMono < 1_000);
    assert.equal(session.connection.state, "closed");
    await eventually(() => assert.equal(host.open.size, 0));
  });

  it("tries the next server when the first is dead, the next address of a name, and names all servers when all are dead", async () => {
    const [first, second] = [await findFreePort(), await findFreePort()];
    const dead = [`nats://127.0.0.1:${first}`, `nats://127.0.0.1:${second}`];
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [...dead, server.url] });
    assert.equal(session.connection.server?.name, server.name);
    await using named = await connectSession({ urls: [`nats://localhost:${server.clientPort}`] });
    assert.equal(named.connection.server?.name, server.name);

    await using lost = startSession({ urls: dead });
    await eventually(() => assert.ok(isFleetError(lost.connection.lastError, "BROKER_UNREACHABLE")));
    for (const url of dead) assert.match(lost.connection.lastError?.message ?? "", new RegExp(`${url}: connect E`));
  });

  it("lets go of who waits for it when told to", async () => {
    await using session = startSession({ urls: [`nats://127.0.0.1:${await findFreePort()}`] });
    const controller = new AbortController();
    const waiting = session.connection.connected(controller.signal);
    controller.abort();
    await waiting;
    assert.equal(session.connection.state, "connecting");
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    await session.connection.connected(AbortSignal.abort());
  });
});

for (const { label, path, skip } of await resolveTestServerVersions(["bookworm", "forky"])) {
  describe(`a connection to ${label}`, { skip: skip ?? false }, () => {
    it("survives that the server is killed: waiting calls fail at once, nothing piles up, everything works again", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url] });
      const { connection, logger } = session;
      const states: string[] = [];
      connection.onState((state) => states.push(state));
      const heard: string[] = [];
      connection.subscribe("word", (message) => heard.push(Buffer.from(message.payload).toString()));
      connection.subscribe("silent", () => {});
      await connection.flush(5_000);
      const { id } = connection.server ?? {};

      const waiting = connection.request("silent", NOTHING, { timeoutMs: 60_000 });
      const failed = failsAfter(waiting, notConnected);
      server.kill();
      assert.ok((await failed) < 2_000);
      assert.equal(connection.state, "disconnected");
      assert.equal(typeof connection.server, "undefined");
      assert.ok(isFleetError(connection.lastError, "BROKER_UNREACHABLE"));
      for (let count = 0; count < 10_000; count += 1) {
        assert.throws(() => connection.publish("word", new TextEncoder().encode("lost")), notConnected);
      }
      assert.ok((await failsAfter(connection.request("word", NOTHING, { timeoutMs: 60_000 }), notConnected)) < 100);
      await eventually(() => assert.match(connection.lastError?.message ?? "", /ECONNREFUSED/));

      await server.restart();
      await connection.connected(AbortSignal.timeout(10_000));
      connection.publish("word", new TextEncoder().encode("back"));
      await eventually(() => assert.ok(heard.length > 0));
      await connection.flush(5_000);
      assert.deepEqual(heard, ["back"]);
      assert.notEqual(connection.server?.id, id);
      assert.equal(connection.lastError, undefined);
      assertCounted(connection, { reconnects: 1, disconnects: 1 });
      assert.deepEqual(states, ["disconnected", "connected"]);
      const messages = logger.lines.map((line) => line.message);
      for (const once of ["disconnected from NATS; reconnecting", "reconnected to NATS"]) {
        assert.equal(messages.filter((message) => message === once).length, 1, once);
      }
    });

    it("answers and is answered, with headers and statuses", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url], inboxPrefix: "_INBOX_test" });
      const { connection } = session;
      connection.subscribe("echo", (message) => {
        const headers = { Said: message.header("Said") ?? "nothing" };
        connection.publish(message.reply ?? "", message.payload, { headers });
      });
      const reply = await connection.request("echo", Uint8Array.of(1, 2), {
        timeoutMs: 5_000,
        headers: { Said: "hi" },
      });
      assert.deepEqual([...reply.payload], [1, 2]);
      assert.match(reply.subject, /^_INBOX_test\./);
      assert.deepEqual([reply.header("Said"), reply.header("Other"), reply.status], ["hi", undefined, 0]);
      const unanswered = connection.request("nobody.listens", NOTHING, { timeoutMs: 60_000 });
      assert.ok((await failsAfter(unanswered, (error) => isFleetError(error, "UNAVAILABLE"))) < 2_000);
    });

    it("goes on reading when the handling of a message fails, and says so once", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url] });
      const { connection, logger } = session;
      let handled = 0;
      connection.subscribe("work", () => {
        handled += 1;
        throw new Error("broken handler");
      });
      for (let count = 0; count < 5; count += 1) connection.publish("work", NOTHING);
      await connection.flush(5_000);
      await eventually(() => assert.equal(handled, 5));
      const lines = logger.lines.filter((line) => line.level === "error");
      assert.deepEqual(
        lines.map(({ message, fields }) => [message, fields["subject"], fields["error"]]),
        [["handling a NATS message failed", "work", "broken handler"]],
      );
    });

    it("notices in two pings that a server hangs, although much is on the way to it, and comes back with it", async () => {
      await using server = await startTestServer({ path });
      await using session = await connectSession({ urls: [server.url], pingInterval: "500ms" });
      const { connection } = session;
      connection.subscribe("silent", () => {});
      await connection.flush(5_000);
      server.kill("SIGSTOP");
      const slow = connection.request("silent", NOTHING, { timeoutMs: 200 });
      assert.ok((await failsAfter(slow, (error) => isFleetError(error, "TIMEOUT"))) < 2_000);
      const flush = failsAfter(connection.flush(200), (error) => isFleetError(error, "TIMEOUT", "NOT_CONNECTED"));
      // Far more than the buffers between the two take in.
      const megabyte = new Uint8Array(1_000_000);
      for (let count = 0; count < 40; count += 1) connection.publish("bulk", megabyte);
      await flush;
      await eventually(() => assert.equal(connection.state, "disconnected"));
      server.kill("SIGCONT");
      await connection.connected(AbortSignal.timeout(10_000));
      assertCounted(connection, { reconnects: 1, disconnects: 1 });
    });

    it("stops without waiting for a server that hangs, and says that what waits is lost", async () => {
      await using server = await startTestServer({ path });
      const session = await connectSession({ urls: [server.url] });
      const { connection } = session;
      connection.subscribe("silent", () => {});
      await connection.flush(5_000);
      server.kill("SIGSTOP");
      const lost = failsAfter(connection.request("silent", NOTHING, { timeoutMs: 60_000 }), notConnected);
      const startedMono = performance.now();
      const stopped = session.stop();
      await setImmediate();
      // Who has not heard of the stop yet may still want to listen.
      connection.subscribe("late", () => {}).close();
      await stopped;
      assert.ok(performance.now() - startedMono < 4_000);
      await lost;
    });

    it("delivers what was published before it stops, and leaves no handle and no listener behind", async () => {
      await using server = await startTestServer({ path });
      await using other = await connectSession({ urls: [server.url] });
      const heard: Message[] = [];
      other.connection.subscribe("word", (message) => heard.push(message));
      await other.connection.flush(5_000);
      const resources = () =>
        process
          .getActiveResourcesInfo()
          .filter((name) => /TCP|TLS|Timeout/.test(name))
          .sort();
      // Looked at from inside `eventually` both times, because that sets a timer too.
      const before = await eventually(resources);

      const controller = new AbortController();
      const logger = createRecordingLogger();
      const config = resolveConnectionOptions({ name: "test", urls: [server.url] });
      const connection = createConnection({ config, clock: systemClock, random: () => 0.1, logger });
      const ended = connection.run(controller.signal);
      await connection.connected(AbortSignal.timeout(10_000));
      connection.subscribe("silent", () => {});
      await connection.flush(5_000);
      const lost = failsAfter(connection.request("silent", NOTHING, { timeoutMs: 60_000 }), notConnected);
      for (let count = 0; count < 1_000; count += 1) connection.publish("word", NOTHING);
      controller.abort();
      await ended;
      await lost;
      assert.equal(connection.state, "closed");
      await eventually(() => assert.equal(heard.length, 1_000));
      assert.equal(getEventListeners(controller.signal, "abort").length, 0);
      await eventually(() => assert.deepEqual(resources(), before));
      assert.deepEqual(
        logger.lines.map((line) => line.message),
        ["connected to NATS"],
      );
      assert.equal(connection.counters.disconnects, 0);
    });
  });
}
