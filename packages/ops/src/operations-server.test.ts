import assert from "node:assert/strict";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { createDeferred } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger, eventually } from "@fleet/runtime/testing";
import type { Check, CheckResult } from "./check.ts";
import { parseListenAddress } from "./listen-address.ts";
import type { LivenessOptions } from "./liveness.ts";
import { createMetrics } from "./metrics.ts";
import type { OperationsConfig } from "./operations-options.ts";
import { createOperationsServer } from "./operations-server.ts";
import { createReadiness } from "./readiness.ts";

/** A server on a clock that stands still, so that only what the test does can end anything. */
function serverOf(
  address = "127.0.0.1:0",
  checks: readonly Check[] = [],
  config: Partial<OperationsConfig> = {},
  connection: LivenessOptions["connection"] = { state: "connecting", onState: () => () => {} },
) {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const server = createOperationsServer({
    config: {
      healthAddr: parseListenAddress(address),
      healthDetails: true,
      livenessNatsGraceMs: undefined,
      metricsBearer: undefined,
      metricsInsecure: false,
      ...config,
    },
    connection,
    identity: {},
    control: { logLevel: { level: "info" } },
    readiness: createReadiness({ component: "peel", version: "v1", clock, checks }),
    metrics: createMetrics({ component: "peel", version: "v1" }),
    clock,
    logger,
  });
  return { server, clock, logger };
}

async function started(
  t: TestContext,
  address?: string,
  checks?: readonly Check[],
  config?: Partial<OperationsConfig>,
  connection?: LivenessOptions["connection"],
) {
  const { server, clock, logger } = serverOf(address, checks, config, connection);
  const controller = new AbortController();
  let ended = false;
  const run = server.run(controller.signal).finally(() => {
    ended = true;
  });
  t.after(async () => {
    controller.abort();
    await eventually(async () => {
      await clock.advance(5_000);
      assert.ok(ended);
    });
  });
  await server.ready;
  const port = server.address?.port ?? 0;
  return { server, clock, logger, port, run, stop: () => controller.abort(), ended: () => ended };
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

function fetchFrom(port: number, path: string, options: { method?: string; agent?: Agent; host?: string } = {}) {
  const { method = "GET", agent, host = "127.0.0.1" } = options;
  return new Promise<Reply>((resolve, reject) => {
    const sent = request({ host, port, path, method, ...(agent && { agent }) }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** A bare connection, and what has come back on it. */
function connection(t: TestContext, port: number) {
  const socket: Socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  let received = "";
  let closed = false;
  socket.setEncoding("utf8").on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
  });
  return { socket, received: () => received, closed: () => closed };
}

const limit = { timeout: 20_000 };

test("the server is ready when it answers, and tells the port it was given", limit, async (t) => {
  const { server, port, logger } = await started(t);
  assert.equal(server.address?.host, "127.0.0.1");
  assert.notEqual(port, 0);
  const { status, body } = await fetchFrom(port, "/healthz");
  assert.equal(status, 200);
  assert.equal(body, '{"status":"ok","component":"peel","version":"v1"}');
  assert.deepEqual(logger.lines[0]?.fields, { address: `127.0.0.1:${port}` });
});

test("nothing is opened before run", () => {
  const { server, clock } = serverOf();
  assert.equal(server.address, undefined);
  assert.equal(clock.pendingTimers, 0);
});

test("over the wire HEAD has no body, a wrong method is 405 and connections are kept for 30 s", limit, async (t) => {
  const { port } = await started(t);
  const head = await fetchFrom(port, "/metrics", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.body, "");
  const wrong = await fetchFrom(port, "/healthz", { method: "DELETE" });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.allow, "GET, HEAD");
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const kept = await fetchFrom(port, "/healthz", { agent });
  assert.equal(kept.headers["keep-alive"], "timeout=30");
});

test("nothing may be stored by a cache, errors included", limit, async (t) => {
  const { port } = await started(t);
  for (const path of ["/healthz", "/readyz", "/readyz/x", "/metrics", "/nothing"]) {
    assert.equal((await fetchFrom(port, path)).headers["cache-control"], "no-store", path);
  }
  assert.equal((await fetchFrom(port, "/healthz", { method: "POST" })).headers["cache-control"], "no-store");
});

test("a body is taken over the wire up to its limit, and a longer one is answered", limit, async (t) => {
  const { port } = await started(t);
  const set = (level: string) =>
    fetch(`http://127.0.0.1:${port}/loggers`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ level }),
    });
  const taken = await set("debug");
  assert.equal(taken.status, 200);
  assert.equal(((await taken.json()) as { level: string }).level, "debug");
  const refused = await set("x".repeat(2_000_000));
  assert.equal(refused.status, 413);
  assert.match(await refused.text(), /more than 1024 bytes are not taken/);
});

test("a port in use fails with the address and the option that changes it", limit, async (t) => {
  const { port } = await started(t);
  const { server } = serverOf(`127.0.0.1:${port}`);
  const expected = {
    code: "LISTEN_FAILED",
    message: `cannot listen on 127.0.0.1:${port}: another process listens there; choose another address with --health-addr`,
  };
  await assert.rejects(server.run(new AbortController().signal), expected);
  await assert.rejects(server.ready, expected);
});

test("an address of no interface of this machine fails as such", limit, async () => {
  const { server } = serverOf("192.0.2.1:0");
  await assert.rejects(server.run(new AbortController().signal), {
    code: "LISTEN_FAILED",
    message: /cannot listen on 192\.0\.2\.1:0: this machine has no such address/,
  });
});

test("liveness follows the connection while the server runs, if it was given a grace", limit, async (t) => {
  let listening = 0;
  const connection = {
    state: "connected",
    onState() {
      listening += 1;
      return () => {
        listening -= 1;
      };
    },
  } as const;
  const grace = { livenessNatsGraceMs: 60_000 };
  const { clock, port, run, stop } = await started(t, "127.0.0.1:0", [], grace, connection);
  await clock.advance(120_000);
  assert.equal((await fetchFrom(port, "/healthz")).status, 200);
  assert.equal(listening, 1);
  stop();
  await run;
  assert.equal(listening, 0);

  const away = { state: "connecting", onState: () => () => {} } as const;
  const lost = await started(t, "127.0.0.1:0", [], grace, away);
  await lost.clock.advance(120_000);
  assert.equal((await fetchFrom(lost.port, "/healthz")).status, 503);
});

test("bound to every interface, probes are answered and metrics are not", limit, async (t) => {
  const { port } = await started(t, ":0");
  assert.equal((await fetchFrom(port, "/healthz")).status, 200);
  const refused = await fetchFrom(port, "/metrics");
  assert.equal(refused.status, 401);
  assert.match(refused.body, /--metrics-insecure/);
  const outward = Object.values(networkInterfaces()).flat();
  const address = outward.find((entry) => entry?.family === "IPv4" && !entry.internal)?.address;
  if (address === undefined) return t.diagnostic("no interface but loopback here");
  assert.equal((await fetchFrom(port, "/healthz", { host: address })).status, 200);
});

test("a foreign or malformed Host is refused, none at all is not", limit, async (t) => {
  const { port } = await started(t);
  const table: [string, RegExp][] = [
    ["GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 403 .*refused/s],
    ["GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 403 .*no-store.*\{"error":/s],
    ["GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 200 /],
    ["GET /healthz HTTP/1.0\r\n\r\n", /^HTTP\/1.1 200 .*"status":"ok"/s],
  ];
  for (const [sent, expected] of table) {
    const { socket, received, closed } = connection(t, port);
    socket.write(sent);
    await eventually(() => assert.ok(closed()));
    assert.match(received(), expected);
  }
});

// Within the 5 s after which the server gives up a silent connection by itself.
test("clients that keep their connections and ask nothing more do not keep a probe out", limit, async (t) => {
  const { port, logger } = await started(t);
  for (let client = 0; client < 300; client += 1) {
    const { socket, received } = connection(t, port);
    socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await eventually(() => assert.match(received(), /^HTTP\/1.1 200 /));
  }
  for (let probe = 0; probe < 3; probe += 1) assert.equal((await fetchFrom(port, "/healthz")).status, 200);
  assert.deepEqual(
    logger.lines.filter(({ level }) => level === "warn"),
    [],
  );
});

test("connections beyond the limit are refused, which is told once a minute", limit, async (t) => {
  const { port, logger } = await started(t);
  // Each begins a request and does not end it, so that it is busy.
  const clients = Array.from({ length: 300 }, () => connection(t, port));
  for (const { socket } of clients) socket.write("GET /healthz HTTP/1.1\r\n");
  await eventually(() => assert.equal(clients.filter(({ closed }) => closed()).length, 44));
  assert.deepEqual(
    logger.lines.filter(({ level }) => level === "warn").map(({ message, fields }) => [message, fields]),
    [["operations connections refused: too many ask at once", { connections: 256 }]],
  );
});

test("stop closes idle connections at once, those that never spoke included", { timeout: 4_000 }, async (t) => {
  const { clock, port, run, stop } = await started(t);
  const silent = connection(t, port);
  const kept = connection(t, port);
  kept.socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await eventually(() => assert.match(kept.received(), /"status":"ok"/));
  assert.equal(silent.closed() || kept.closed(), false);
  stop();
  await run;
  assert.equal(clock.pendingTimers, 0);
  await eventually(() => assert.ok(silent.closed() && kept.closed()));
  await assert.rejects(fetchFrom(port, "/healthz"), { code: "ECONNREFUSED" });
});

test("stop lets an answer under way finish and closes its kept connection then", limit, async (t) => {
  const asked = createDeferred();
  const outcome = createDeferred<CheckResult>();
  let runs = 0;
  const held: Check = {
    name: "nats",
    run() {
      runs += 1;
      // The first look is the server's own, at the start.
      if (runs === 1) return { status: "ok" };
      asked.resolve();
      return outcome.promise;
    },
  };
  const { port, run, stop, ended } = await started(t, "127.0.0.1:0", [held]);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  assert.match((await fetchFrom(port, "/startupz", { agent })).body, /"status":"ok"/);
  const reply = fetchFrom(port, "/readyz", { agent });
  await asked.promise;
  stop();
  await assert.rejects(fetchFrom(port, "/healthz"), { code: "ECONNREFUSED" });
  assert.equal(ended(), false);
  outcome.resolve({ status: "ok" });
  assert.equal((await reply).status, 200);
  await run;
});

test("stop cuts off after 5 s a client that never ends its request", limit, async (t) => {
  const { clock, port, run, stop, ended } = await started(t);
  const stuck = connection(t, port);
  // The second request comes in the same segment, so it has begun once the first is answered.
  stuck.socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\n");
  await eventually(() => assert.match(stuck.received(), /"status":"ok"/));
  stop();
  await eventually(() => assert.equal(clock.pendingTimers, 1));
  await clock.advance(4_999);
  assert.equal(ended(), false);
  assert.equal(stuck.closed(), false);
  await clock.advance(1);
  await run;
  await eventually(() => assert.ok(stuck.closed()));
  assert.equal(clock.pendingTimers, 0);
});

test("a server stopped before it began ends", limit, async () => {
  const { server } = serverOf();
  await server.run(AbortSignal.abort());
});
