// The order in which a daemon stops, as its broker, its probes and its log see it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { createBucket, setUpBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { factsBucketSpec, HEARTBEAT_BUCKET, heartbeatBucketSpec, LEASE_BUCKET } from "@fleet/wire";
import { connectSession } from "../integration/bus-session.ts";
import { startTcpProxy } from "../integration/tcp-proxy.ts";
import { startDaemon } from "./daemon-process.ts";
import { PATIENCE } from "./fleet-command.ts";

/** By role: its key in the broker, and its parts in the order in which they stop. */
const ROLES = {
  peel: {
    key: { bucket: HEARTBEAT_BUCKET, name: "web-1" },
    parts: ["heartbeat", "ping-responder", "facts", "nats", "operations-server"],
  },
  master: {
    key: { bucket: LEASE_BUCKET, name: "publisher" },
    parts: ["publisher", "query", "roster", "presence", "bucket-keeper", "nats", "operations-server"],
  },
} as const;

/** A request of which the end is not sent yet: the server knows of it, and waits. */
interface OpenRequest {
  /** Sends the end, and resolves to all that is answered. */
  finish(): Promise<string>;
}

async function beginRequest(url: string, path: string): Promise<OpenRequest> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    answer += chunk;
  });
  const closed = once(socket, "close");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`);
  return {
    async finish() {
      socket.write("\r\n");
      await closed;
      return answer;
    },
  };
}

for (const role of ["peel", "master"] as const) {
  describe(`a ${role} that is told to stop`, () => {
    it("is draining first, gives up its key before it leaves NATS, and answers probes to the last", async () => {
      const { key, parts } = ROLES[role];
      await using server = await startTestServer();
      await using observer = await connectSession({ urls: [server.url] });
      for (const spec of [heartbeatBucketSpec({ ttlMs: 30_000, storage: "memory" }), factsBucketSpec]) {
        await setUpBucket(observer.connection, spec);
      }
      await using network = await startTcpProxy(server);
      await using daemon = startDaemon(role, "web-1", { "nats-url": network.url, "log-level": "debug" });
      const url = await daemon.url();
      const bucket = createBucket(observer.connection, key.bucket);
      const isKeyThere = async () => (await bucket.get(key.name, { fromLeader: true }))?.operation === "put";
      await eventually(async () => {
        assert.equal((await fetch(`${url}/readyz`)).status, 200);
        assert.ok(await isKeyThere());
      }, PATIENCE);

      const keyAtTheEnd = network.clientEnded.then(isKeyThere);
      const probes = [await beginRequest(url, "/readyz"), await beginRequest(url, "/healthz")] as const;
      daemon.signal("SIGTERM");
      assert.equal(await keyAtTheEnd, false);
      const [ready, alive] = [await probes[0].finish(), await probes[1].finish()];
      assert.match(ready, /^HTTP\/1\.1 503 .*"draining":\{"status":"down","message":"shutting down"\}/s);
      assert.match(alive, /^HTTP\/1\.1 200 /);

      const { code, stdout } = await daemon.command.ended;
      assert.equal(code, 0, stdout);
      const told = daemon.lines.map(({ msg, ...fields }) => (msg === "part stopped" ? fields["part"] : msg));
      const order = told.filter((word) =>
        ["stopping", ...parts, "leader lease ending", `${role} stopped`].includes(String(word)),
      );
      const ending = role === "master" ? ["leader lease ending"] : [];
      assert.deepEqual(order, ["stopping", ...ending, ...parts, `${role} stopped`]);
    });
  });
}
