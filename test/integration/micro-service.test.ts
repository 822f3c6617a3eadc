import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { findFreePort, type RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { type Connection, createMicroService, type MicroServiceEndpoint, serviceFaultOf } from "@fleet/bus";
import { isFleetError, messageOf, systemClock } from "@fleet/runtime";
import { createRecordingLogger, eventually } from "@fleet/runtime/testing";
import { type BusSession, connectSession } from "./bus-session.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Runs the service `echo` with these endpoints until disposed of. */
function serve(connection: Connection, id: string, endpoints: readonly MicroServiceEndpoint[]): AsyncDisposable {
  const stop = new AbortController();
  const service = createMicroService({
    connection,
    name: "echo",
    id,
    version: "1.2.3",
    description: "says it again",
    endpoints,
    codeOf: (error) => (messageOf(error).startsWith("no") ? 404 : 500),
    clock: systemClock,
    logger: createRecordingLogger(),
  });
  const running = service.run(stop.signal);
  return {
    [Symbol.asyncDispose]() {
      stop.abort();
      return running;
    },
  };
}

const echo: MicroServiceEndpoint = { name: "say", subject: "test.say", answer: async (payload) => payload };

/** All that is answered to a request within a moment after the first `wanted` answers. */
async function ask(connection: Connection, subject: string, wanted: number): Promise<Record<string, unknown>[]> {
  const answers: Record<string, unknown>[] = [];
  const inbox = connection.createInbox();
  const subscription = connection.subscribe(inbox, ({ payload, status }) => {
    if (status === 0) answers.push(JSON.parse(decoder.decode(payload)) as Record<string, unknown>);
  });
  try {
    connection.publish(subject, new Uint8Array(), { reply: inbox });
    await eventually(() => assert.ok(answers.length >= wanted, `${answers.length} answers to ${subject}`));
    await connection.flush(5_000);
    return answers;
  } finally {
    subscription.close();
  }
}

const say = async (connection: Connection, text: string, subject = "test.say") => {
  const reply = await connection.request(subject, encoder.encode(text), { timeoutMs: 5_000 });
  return { text: decoder.decode(reply.payload), fault: serviceFaultOf(reply) };
};

describe("a service on NATS", () => {
  let server: RunningServer;
  let session: BusSession;
  before(async () => {
    server = await startTestServer();
    session = await connectSession({ urls: [server.url] });
  });
  after(async () => {
    await session.stop();
    await server.stop();
  });

  it("answers each request once, whichever of its processes does", async () => {
    await using other = await connectSession({ urls: [server.url] });
    const answered: string[] = [];
    const counting = (id: string): MicroServiceEndpoint => ({
      ...echo,
      async answer(payload) {
        answered.push(id);
        return payload;
      },
    });
    await using _one = serve(session.connection, "one", [counting("one")]);
    await using _two = serve(other.connection, "two", [counting("two")]);
    await Promise.all([session.connection.flush(5_000), other.connection.flush(5_000)]);
    for (let turn = 0; turn < 40; turn += 1) {
      assert.deepEqual(await say(session.connection, `${turn}`), { text: `${turn}`, fault: undefined });
    }
    assert.equal(answered.length, 40);
    assert.deepEqual([...new Set(answered)].sort(), ["one", "two"]);
  });

  it("is asked in every process where that is wanted, and only the one it is meant for answers", async () => {
    await using other = await connectSession({ urls: [server.url] });
    let heard = 0;
    const only = (mine: boolean): MicroServiceEndpoint => ({
      name: "claim",
      subject: "test.claim",
      balanced: false,
      async answer() {
        heard += 1;
        return mine ? encoder.encode("mine") : undefined;
      },
    });
    await using _one = serve(session.connection, "one", [only(false)]);
    await using _two = serve(other.connection, "two", [only(true)]);
    await Promise.all([session.connection.flush(5_000), other.connection.flush(5_000)]);
    for (let turn = 1; turn <= 5; turn += 1) {
      assert.equal((await say(session.connection, "", "test.claim")).text, "mine");
      await eventually(() => assert.equal(heard, 2 * turn));
    }
  });

  it("says what went wrong in headers, and goes on", async () => {
    const failing: MicroServiceEndpoint = {
      ...echo,
      async answer(payload) {
        throw new Error(`no such thing:\r\n${decoder.decode(payload)}${"!".repeat(1_000)}`);
      },
    };
    await using _service = serve(session.connection, "one", [failing]);
    for (let turn = 0; turn < 2; turn += 1) {
      const { text, fault } = await say(session.connection, "x");
      assert.equal(text, "");
      assert.equal(fault?.code, 404);
      assert.match(fault?.message ?? "", /^no such thing: x!+$/);
    }
  });

  it("is discovered and described as ADR-32 says, as one of its name and by its id", async () => {
    await using other = await connectSession({ urls: [server.url] });
    const silent: MicroServiceEndpoint = {
      name: "hush",
      subject: "test.hush",
      balanced: false,
      answer: async () => undefined,
    };
    await using _one = serve(session.connection, "one", [echo, silent]);
    await using _two = serve(other.connection, "two", [echo]);
    await Promise.all([session.connection.flush(5_000), other.connection.flush(5_000)]);
    const identity = (id: string) => ({ name: "echo", id, version: "1.2.3", metadata: {} });

    const pings = await ask(session.connection, "$SRV.PING", 2);
    const byId = (left: Record<string, unknown>, right: Record<string, unknown>) =>
      String(left["id"]).localeCompare(String(right["id"]));
    const type = "io.nats.micro.v1.ping_response";
    assert.deepEqual(pings.sort(byId), [
      { type, ...identity("one") },
      { type, ...identity("two") },
    ]);
    assert.equal((await ask(session.connection, "$SRV.PING.echo", 2)).length, 2);
    assert.deepEqual(await ask(session.connection, "$SRV.PING.echo.two", 1), [{ type, ...identity("two") }]);
    await assert.rejects(
      session.connection.request("$SRV.PING.other", new Uint8Array(), { timeoutMs: 5_000 }),
      (error) => isFleetError(error, "UNAVAILABLE"),
    );

    const say1 = { name: "say", subject: "test.say", queue_group: "q" };
    const hush = { name: "hush", subject: "test.hush", queue_group: "" };
    assert.deepEqual(await ask(session.connection, "$SRV.INFO.echo.one", 1), [
      {
        type: "io.nats.micro.v1.info_response",
        ...identity("one"),
        description: "says it again",
        endpoints: [
          { ...say1, metadata: {} },
          { ...hush, metadata: {} },
        ],
      },
    ]);
  });

  it("counts its requests, its failures and the time that they took", async () => {
    const startedAt = Date.now();
    let works = true;
    const fickle: MicroServiceEndpoint = {
      ...echo,
      async answer(payload) {
        if (works) return payload;
        throw new Error("no luck");
      },
    };
    await using _service = serve(session.connection, "one", [fickle]);
    for (let turn = 0; turn < 3; turn += 1) await say(session.connection, "x");
    works = false;
    await say(session.connection, "x");
    const [stats = {}] = await ask(session.connection, "$SRV.STATS.echo", 1);
    assert.ok(Date.parse(String(stats["started"])) >= startedAt);
    assert.equal(stats["type"], "io.nats.micro.v1.stats_response");
    const [endpoint] = stats["endpoints"] as Record<string, unknown>[];
    const { processing_time: total, average_processing_time: average, ...rest } = endpoint ?? {};
    assert.deepEqual(rest, {
      name: "say",
      subject: "test.say",
      queue_group: "q",
      num_requests: 4,
      num_errors: 1,
      last_error: "no luck",
    });
    assert.ok(Number.isInteger(total) && Number(total) > 0);
    assert.ok(Math.abs(Number(average) - Number(total) / 4) <= 1, `${average} on average, ${total} in all`);
  });

  it("finishes what it was asked before it ends, and is not there any more", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: MicroServiceEndpoint = {
      ...echo,
      async answer(payload) {
        await held;
        return payload;
      },
    };
    const service = serve(session.connection, "one", [slow]);
    const asked = say(session.connection, "last");
    await session.connection.flush(5_000);
    const ended = service[Symbol.asyncDispose]();
    release();
    assert.equal((await asked).text, "last");
    await ended;
    await assert.rejects(say(session.connection, "later"), (error) => isFleetError(error, "UNAVAILABLE"));
  });
});

describe("a service whose server is started again", () => {
  it("is there again, in its queue group, without anybody doing anything", async () => {
    const port = await findFreePort();
    const first = await startTestServer({ port });
    await using session = await connectSession({ urls: [first.url] });
    await using _service = serve(session.connection, "one", [echo]);
    assert.equal((await say(session.connection, "before")).text, "before");
    await first.stop();
    await using _second = await startTestServer({ port });
    await eventually(async () => assert.equal((await say(session.connection, "after")).text, "after"));
    assert.equal((await ask(session.connection, "$SRV.PING.echo", 1)).length, 1);
  });
});
