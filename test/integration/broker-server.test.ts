import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { findFreePort, findFreePorts, isPortFree, type RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { isFleetError } from "@fleet/runtime";

/** Listens on a loopback port until disposed of. */
async function occupy(port: number) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function ask(server: RunningServer, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.monitorUrl}${path}`);
  return (await response.json()) as Record<string, unknown>;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A program that looks like a healthy server to whoever starts it, and does not heed SIGTERM. */
const DEAF_SERVER = `
  const { readFileSync, writeFileSync } = require("node:fs");
  const config = readFileSync(process.argv[3], "utf8");
  const value = (key) => new RegExp("^" + key + ': "(.*)"$', "m").exec(config)[1];
  process.on("SIGTERM", () => {});
  require("node:http").createServer((_, response) => response.end("{}")).listen(value("http").split(":")[1], "127.0.0.1", () => {
    writeFileSync(value("ports_file_dir") + "/deaf_" + process.pid + ".ports", "{}");
  });
`;

describe("a server", () => {
  it("runs with JetStream, on loopback only, in its temporary store", async () => {
    await using server = await startTestServer();
    assert.equal(server.url, `nats://127.0.0.1:${server.clientPort}`);
    const varz = await ask(server, "/varz");
    assert.equal(varz["host"], "127.0.0.1");
    assert.equal(varz["http_host"], "127.0.0.1");
    assert.equal(varz["port"], server.clientPort);
    assert.equal(varz["server_name"], server.name);
    const jsz = await ask(server, "/jsz");
    assert.equal((jsz["config"] as { store_dir: string }).store_dir, join(server.storeDir, "jetstream"));
  });

  it("leads its own process group, out of reach of Ctrl-C on the terminal", async () => {
    await using server = await startTestServer();
    const stat = await readFile(`/proc/${server.pid}/stat`, "utf8");
    const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    assert.deepEqual([Number(group), Number(session)], [server.pid, server.pid]);
  });

  it("is gone with all its files after it was stopped, however often", async () => {
    const server = await startTestServer();
    await Promise.all([server.stop(), server.stop()]);
    assert.equal(isAlive(server.pid), false);
    assert.equal(existsSync(dirname(server.storeDir)), false);
    assert.equal(await isPortFree(server.clientPort), true);
    await assert.rejects(server.restart(), /has been stopped/);
  });

  it("is killed when it does not stop in time", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-deaf-"));
    try {
      const path = join(folder, "deaf-server");
      await writeFile(path, `#!${process.execPath}\n${DEAF_SERVER}`, { mode: 0o755 });
      const server = await startTestServer({ path, stopTimeoutMs: 100 });
      await server.stop();
      assert.deepEqual(await server.exited, { code: null, signal: "SIGKILL" });
      assert.equal(existsSync(dirname(server.storeDir)), false);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("stops in order also when it was suspended", async () => {
    const server = await startTestServer();
    server.kill("SIGSTOP");
    await server.stop();
    assert.notEqual((await server.exited).signal, "SIGKILL");
  });

  it("comes back on the same ports with the same store after it was killed", async () => {
    await using server = await startTestServer();
    const { url, pid, storeDir } = server;
    const before = await ask(server, "/varz");
    server.kill();
    assert.deepEqual(await server.exited, { code: null, signal: "SIGKILL" });
    assert.equal(existsSync(storeDir), true);

    await server.restart();
    assert.equal(server.url, url);
    assert.equal(server.storeDir, storeDir);
    assert.notEqual(server.pid, pid);
    const afterwards = await ask(server, "/varz");
    assert.equal(afterwards["port"], before["port"]);
    assert.notEqual(afterwards["server_id"], before["server_id"]);
  });

  it("is stopped in order before it is started again", async () => {
    await using server = await startTestServer();
    const { pid, exited } = server;
    await server.restart();
    assert.equal(isAlive(pid), false);
    assert.notEqual((await exited).signal, "SIGKILL");
    assert.match(await readFile(server.logFile, "utf8"), /Server Exiting/);
  });

  it("names the port that somebody took while it was down, and starts once the port is free", async () => {
    await using server = await startTestServer();
    server.kill();
    await server.exited;
    {
      await using _other = await occupy(server.clientPort);
      await assert.rejects(server.restart(), (error) => {
        assert.ok(isFleetError(error, "PORT_IN_USE"), String(error));
        assert.match(error.message, new RegExp(`port ${server.clientPort} `));
        return true;
      });
    }
    await server.restart();
    assert.equal((await ask(server, "/healthz"))["status"], "ok");
  });

  it("refuses a given port that is taken, and names it", async () => {
    const port = await findFreePort();
    await using _other = await occupy(port);
    for (const options of [{ port }, { monitorPort: port }]) {
      await assert.rejects(startTestServer(options), (error) => {
        assert.ok(isFleetError(error, "PORT_IN_USE"));
        assert.match(error.message, new RegExp(`port ${port} is taken`));
        return true;
      });
    }
  });

  it("keeps a store folder that it was given", async () => {
    const storeDir = await mkdtemp(join(tmpdir(), "fleet-store-"));
    try {
      const server = await startTestServer({ storeDir });
      await server.stop();
      assert.equal(existsSync(join(storeDir, "jetstream")), true);
    } finally {
      await rm(storeDir, { recursive: true, force: true });
    }
  });

  it("takes more settings in its own language", async () => {
    const config = "max_payload: 4096\naccounts { A { jetstream: enabled, users: [{ user: a, password: a }] } }";
    await using server = await startTestServer({ config, name: "with-accounts" });
    const varz = await ask(server, "/varz");
    assert.equal(varz["max_payload"], 4096);
    assert.equal(varz["server_name"], "with-accounts");
    assert.equal(varz["auth_required"], true);
  });

  it("says with the end of its log why it does not start", async () => {
    await assert.rejects(startTestServer({ config: "listen: nonsense {" }), (error) => {
      assert.ok(isFleetError(error, "SERVER_START_FAILED"));
      assert.match(error.message, /ended with exit code 1; its log ends with:\n {2}nats-server: /);
      return true;
    });
  });

  it("is given up when it is not healthy in time", async () => {
    const cluster = { name: "alone", routePort: await findFreePort(), routePorts: [await findFreePort()] };
    await assert.rejects(startTestServer({ cluster, startTimeoutMs: 300 }), (error) => {
      assert.ok(isFleetError(error, "SERVER_START_FAILED"));
      assert.match(error.message, /not healthy after 300ms/);
      return true;
    });
  });

  it("reports a program that is not there", async () => {
    await assert.rejects(startTestServer({ path: "/nowhere/nats-server" }), /\/nowhere\/nats-server cannot be run/);
  });
});

describe("a free port", () => {
  it("is the preferred one when that is free, and another when it is taken", async () => {
    const preferred = await findFreePort();
    assert.equal(await findFreePort({ preferred }), preferred);
    await using _other = await occupy(preferred);
    assert.equal(await isPortFree(preferred), false);
    assert.notEqual(await findFreePort({ preferred }), preferred);
  });

  it("is never one that is meant for others", async () => {
    const preferred = await findFreePort();
    assert.notEqual(await findFreePort({ preferred, exclude: new Set([preferred]) }), preferred);
  });

  it("is below the ports of outgoing connections, and none is handed out twice", async () => {
    const ports = await findFreePorts(20);
    assert.equal(new Set(ports).size, 20);
    for (const port of ports) assert.ok(port >= 20_000 && port <= 32_767, String(port));
  });

  it("is not found when every draw is taken, and that is said", async () => {
    const port = await findFreePort();
    await using _other = await occupy(port);
    const random = () => (port - 20_000 + 0.5) / 12_768;
    await assert.rejects(findFreePort({ random }), /no free port found in 20000-32767/);
  });
});
