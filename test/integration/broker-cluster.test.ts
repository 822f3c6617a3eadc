import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { findFreePort, isPortFree, type RunningServer } from "@fleet/broker";
import { startTestCluster, startTestServer } from "@fleet/broker/testing";
import { isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";

/** One request to JetStream in plain NATS protocol, so that the launcher is proven without any client of ours. */
function askJetStream(server: RunningServer, subject: string, body: object | string = ""): Promise<unknown> {
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const socket = connect(server.clientPort, "127.0.0.1");
    let received = "";
    socket.setEncoding("utf8");
    socket.setTimeout(5_000, () => socket.destroy(new Error(`${subject}: no reply`)));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`${subject}: connection closed without a reply`)));
    socket.write(
      `CONNECT {"verbose":false}\r\nSUB reply 1\r\nPUB ${subject} reply ${payload.length}\r\n${payload}\r\n`,
    );
    socket.on("data", (chunk: string) => {
      received += chunk;
      const reply = /MSG reply 1 +(\d+)\r\n/.exec(received);
      if (!reply) return;
      const start = reply.index + reply[0].length;
      const length = Number(reply[1]);
      if (received.length < start + length) return;
      socket.destroy();
      resolve(JSON.parse(received.slice(start, start + length)));
    });
  });
}

interface StreamReply {
  readonly error?: { readonly description: string };
  readonly config?: { readonly num_replicas: number };
  readonly state?: { readonly messages: number };
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly unknown[] };
}

async function createStream(server: RunningServer, replicas: number): Promise<StreamReply> {
  const config = { name: "things", subjects: ["thing.*"], num_replicas: replicas, storage: "file" };
  return (await askJetStream(server, "$JS.API.STREAM.CREATE.things", config)) as StreamReply;
}

async function lookAtStream(server: RunningServer): Promise<StreamReply> {
  const reply = (await askJetStream(server, "$JS.API.STREAM.INFO.things")) as StreamReply;
  assert.equal(reply.error, undefined, reply.error?.description);
  return reply;
}

describe("a server killed and started again", () => {
  it("still has the messages of its streams", async () => {
    await using server = await startTestServer();
    assert.equal((await createStream(server, 1)).error, undefined);
    await askJetStream(server, "thing.one", "hello");
    server.kill();
    await server.exited;
    await server.restart();
    assert.equal((await lookAtStream(server)).state?.messages, 1);
  });
});

describe("a cluster", () => {
  it("of three can hold a replicated stream as soon as it has started", async () => {
    await using cluster = await startTestCluster();
    assert.equal(cluster.servers.length, 3);
    assert.equal(new Set(cluster.servers.map((server) => server.storeDir)).size, 3);
    assert.deepEqual(
      cluster.urls,
      cluster.servers.map((server) => server.url),
    );
    const [first] = cluster.servers;
    assert.ok(first);
    const reply = await createStream(first, 3);
    assert.equal(reply.error, undefined, reply.error?.description);
    assert.equal(reply.config?.num_replicas, 3);
    assert.equal(reply.cluster?.replicas?.length, 2);
  });

  it("goes on without the leader of a stream, and takes it back when it is started again", async () => {
    await using cluster = await startTestCluster({ name: "trio" });
    const [first] = cluster.servers;
    assert.ok(first);
    const { cluster: group } = await createStream(first, 3);
    const leader = cluster.servers.find((server) => server.name === group?.leader);
    assert.ok(leader, `no server is called ${group?.leader}`);
    leader.kill();
    await leader.exited;

    const other = cluster.servers.find((server) => server !== leader);
    assert.ok(other);
    await eventually(
      async () => {
        const now = (await lookAtStream(other)).cluster?.leader;
        assert.ok(now && now !== leader.name);
        await askJetStream(other, "thing.one", "hello");
      },
      { timeoutMs: 30_000 },
    );
    await leader.restart();
    await eventually(async () => assert.ok(((await lookAtStream(leader)).state?.messages ?? 0) >= 1), {
      timeoutMs: 30_000,
    });
  });

  it("leaves no server running when one cannot start", async () => {
    const port = await findFreePort();
    const config = `leafnodes { listen: "127.0.0.1:${port}" }`;
    await assert.rejects(startTestCluster({ config, size: 2 }), (error) => {
      assert.ok(isFleetError(error, "PORT_IN_USE"), String(error));
      assert.match(error.message, new RegExp(`port ${port} `));
      return true;
    });
    assert.equal(await isPortFree(port), true);
  });
});
