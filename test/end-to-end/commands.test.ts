import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { runFleet, startFleet } from "./fleet-command.ts";

const PATIENCE = { timeoutMs: 30_000 };
const ANY_PORT = ["--health-addr", "127.0.0.1:0"];

describe("fleet peel list", () => {
  it("says that there are none on stderr, prints nothing and ends with 0", async () => {
    await using server = await startTestServer();
    const { code, stdout, stderr } = await runFleet(["peel", "list", "--nats-url", server.url]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "No peels found.\n" });
  });

  it("shows a running peel and one that has left, as a table and as a document", async () => {
    await using server = await startTestServer();
    const environment = { FLEET_NATS_URL: server.url };
    const timing = ["--heartbeat-interval", "500ms", "--heartbeat-ttl", "1500ms"];
    await using _master = startFleet(["master", "run", ...ANY_PORT, ...timing], { environment });
    await using _peel = startFleet(["peel", "run", "--id", "web-1", ...ANY_PORT, ...timing], { environment });
    await using leaver = startFleet(["peel", "run", "--id", "web-2", ...ANY_PORT, ...timing], { environment });
    const list = async () => JSON.parse((await runFleet(["peel", "list", "-o", "json"], { environment })).stdout);
    await eventually(async () => {
      const { peels } = await list();
      assert.deepEqual(
        peels.map((peel: { online: boolean }) => peel.online),
        [true, true],
      );
    }, PATIENCE);
    leaver.child.kill("SIGTERM");
    assert.equal((await leaver.ended).code, 0);

    const { schema_version, peels } = await list();
    assert.equal(schema_version, 1);
    const [stays, left] = peels;
    assert.deepEqual([stays.id, stays.os, stays.online], ["web-1", process.platform, true]);
    assert.ok(stays.last_seen_seconds >= 0 && stays.last_seen_seconds < 30);
    assert.deepEqual([left.id, left.online, left.last_seen_seconds], ["web-2", false, null]);
    const table = await runFleet(["peel", "list"], { environment });
    assert.match(
      table.stdout,
      /^PEEL ID +OS +ARCH +VERSION +ONLINE +LAST-SEEN\nweb-1 .* yes +\d+s ago\nweb-2 .* no +-\n$/,
    );
    assert.equal(table.stderr, "");
  });

  it("names the URL of a broker that is not there, on one line, and ends with 1", async () => {
    const { code, stdout, stderr } = await runFleet(["peel", "list", "--nats-url", "nats://me:secret@127.0.0.1:1"]);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^fleet: .*nats:\/\/127\.0\.0\.1:1.*\n$/);
    assert.doesNotMatch(stderr, /secret/);
  });

  it("gives up a broker that accepts and says nothing after the time it was given", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const url = `nats://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const startedMono = performance.now();
    const { code, stderr } = await runFleet(["peel", "list", "--nats-url", url, "--timeout", "1s"]);
    silent.close();
    assert.equal(code, 1);
    assert.ok(stderr.includes(url), stderr);
    // The limit is 5 s by default; here a second, and the time that Node takes to start on a busy machine.
    assert.ok(performance.now() - startedMono < 10_000);
  });

  it("refuses an unknown format, naming the flag and what would be right", async () => {
    const { code, stderr } = await runFleet(["peel", "list", "-o", "xml"]);
    assert.equal(code, 2);
    assert.match(stderr, /--output: "xml" is not a format; use table or json/);
  });
});

describe("fleet peel run and fleet master run", () => {
  it("name every wrong value with where it came from, and end with 2", async () => {
    const args = ["peel", "run", "--id", "a.b", "--heartbeat-interval", "10s"];
    const environment = { FLEET_HEARTBEAT_TTL: "20s", FLEET_LOG_LEVEL: "loud" };
    const { code, stderr } = await runFleet(args, { environment });
    assert.equal(code, 2);
    assert.match(stderr, /--id: "a\.b"/);
    assert.match(stderr, /--heartbeat-ttl \(from FLEET_HEARTBEAT_TTL\): 20s .* 10s; use 30s or more/);
    assert.match(stderr, /--log-level \(from FLEET_LOG_LEVEL\): "loud".* debug, info, warn, error/);
  });

  it("refuse a configuration file with an unknown key and suggest the nearest", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-test-"));
    const file = join(folder, "fleet.yaml");
    await writeFile(file, "nats_ulr: nats://127.0.0.1:4222\n");
    const { code, stderr } = await runFleet(["master", "run", "--config", file]);
    await rm(folder, { recursive: true });
    assert.equal(code, 2);
    assert.match(stderr, /unknown key "nats_ulr"; did you mean "nats_url"\?/);
  });

  it("refuse words that mean nothing", async () => {
    for (const role of ["peel", "master"]) {
      const { code, stderr } = await runFleet([role, "run", "now"]);
      assert.equal(code, 2, stderr);
    }
  });

  it("say which option moves a health address that is taken, and end with 1", async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, "127.0.0.1", resolve));
    const address = occupant.address();
    const taken = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const { code, stdout } = await runFleet(["peel", "run", "--id", "web-1", "--health-addr", taken]);
    occupant.close();
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`"level":"ERROR".*${taken}.*--health-addr`));
  });

  it("never write a password into the log", async () => {
    const environment = { FLEET_NATS_URL: "nats://me:secret@127.0.0.1:1" };
    await using peel = startFleet(["peel", "run", "--id", "web-1", "--log-level", "debug", ...ANY_PORT], {
      environment,
    });
    await eventually(() => assert.match(peel.stdout, /cannot connect to NATS/), PATIENCE);
    peel.child.kill("SIGTERM");
    const { code, stdout, stderr } = await peel.ended;
    assert.equal(code, 0);
    assert.doesNotMatch(stdout + stderr, /secret/);
  });
});

describe("the fleet command", () => {
  it("tells its version", async () => {
    const { code, stdout } = await runFleet(["--version"]);
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("begins every help with examples", async () => {
    for (const command of [[], ["dev"], ["peel", "run"], ["peel", "list"], ["master", "run"], ["lease", "list"]]) {
      const { code, stdout } = await runFleet([...command, "--help"]);
      assert.equal(code, 0);
      assert.match(stdout, /^Examples:\n {2}\$ fleet/);
    }
  });

  it("suggests the nearest command and ends with 2", async () => {
    const { code, stderr } = await runFleet(["peel", "lsit"]);
    assert.equal(code, 2);
    assert.match(stderr, /Did you mean list\?/);
  });

  it("says what to run where it is not built", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-test-"));
    const bin = join(folder, "bin", "fleet.js");
    await cp(join(import.meta.dirname, "..", "..", "..", "packages", "cli", "bin", "fleet.js"), bin);
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    const { code, stderr } = await runFleet([], { bin });
    await rm(folder, { recursive: true });
    assert.equal(code, 1);
    assert.match(stderr, /not built yet: run `npm run build`/);
  });
});
