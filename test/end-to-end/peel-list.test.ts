import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { type Connection, createBucket, setUpBucket } from "@fleet/bus";
import { eventually } from "@fleet/runtime/testing";
import { encodeFacts, FACTS_BUCKET, factsBucketSpec } from "@fleet/wire";
import { connectSession } from "../integration/bus-session.ts";
import { FLEET_BIN, PATIENCE, runFleet, startFleet } from "./fleet-command.ts";
import { listenSilently } from "./silent-listener.ts";

/** Said where no master can be asked. */
const NO_MASTER = "No master answers; this is read from the buckets.\n";

const TIMING = ["--heartbeat-interval", "1s", "--heartbeat-ttl", "60s"];

function startDaemon(server: RunningServer, role: "peel" | "master", ...args: string[]) {
  return startFleet([role, "run", "--health-addr", "127.0.0.1:0", ...TIMING, ...args], {
    environment: { FLEET_NATS_URL: server.url },
  });
}

/** Writes facts in the place of `count` peels. */
async function writeFacts(connection: Connection, count: number): Promise<void> {
  await setUpBucket(connection, factsBucketSpec);
  const bucket = createBucket(connection, FACTS_BUCKET);
  const value = encodeFacts({ os: { name: "plan9", arch: "mips" }, peel: { version: "0.0.1" } });
  const ids = Array.from({ length: count }, (_, index) => `peel-${index + 1}`);
  for (let at = 0; at < count; at += 100) {
    await Promise.all(ids.slice(at, at + 100).map((id) => bucket.put(id, value, { timeoutMs: 30_000 })));
  }
}

describe("fleet peel list on a fleet", () => {
  it("shows who is here and who was, as a table and as a document", async () => {
    await using server = await startTestServer();
    await using _master = startDaemon(server, "master");
    await using _web = startDaemon(server, "peel", "--id", "web-1");
    await using leaver = startDaemon(server, "peel", "--id", "db-1", "--label", "role=db");
    const environment = { NATS_URL: server.url };
    await eventually(async () => {
      const { stdout } = await runFleet(["peel", "list"], { environment });
      assert.match(stdout, /^db-1 +linux .* yes .*\nweb-1 +linux .* yes /m);
    }, PATIENCE);
    leaver.child.kill("SIGTERM");
    assert.equal((await leaver.ended).code, 0);

    const { code, stdout, stderr } = await eventually(async () => {
      const ending = await runFleet(["peel", "list"], { environment });
      assert.match(ending.stdout, / left\n/);
      return ending;
    }, PATIENCE);
    const arch = process.arch === "x64" ? "amd64" : process.arch;
    const version = (await runFleet(["--version"])).stdout.trim();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.deepEqual(stdout.replaceAll(/\d+s ago */g, "Ns ago  ").split("\n"), [
      `PEEL ID  OS     ${"ARCH".padEnd(arch.length)}  VERSION  ONLINE  LAST-SEEN  STATE    SINCE   REASON`,
      `db-1     linux  ${arch.padEnd(4)}  ${version.padEnd(7)}  no      Ns ago  offline  Ns ago  left`,
      `web-1    linux  ${arch.padEnd(4)}  ${version.padEnd(7)}  yes     Ns ago  online   Ns ago  joined`,
      "",
    ]);

    const document = await runFleet(["peel", "list", "--output", "json", "--nats-url", server.url]);
    assert.deepEqual({ code: document.code, stderr: document.stderr }, { code: 0, stderr: "" });
    const { schema_version, source, valid, peels } = JSON.parse(document.stdout);
    assert.deepEqual([schema_version, source, valid], [1, "master", true]);
    const { last_seen_seconds, since, session, clock_skew_seconds, ...here } = peels[1];
    assert.ok(last_seen_seconds >= 0 && last_seen_seconds < 60, last_seen_seconds);
    assert.ok(Math.abs(clock_skew_seconds) < 60 && Date.parse(since) <= Date.now());
    assert.match(session, /^[0-9a-zA-Z]{27}$/);
    const told = { os: "linux", arch, version, labels: {}, interval_seconds: 1 };
    assert.deepEqual(here, { id: "web-1", ...told, online: true, state: "online", reason: "joined" });
    assert.deepEqual([peels[0].online, peels[0].reason, peels[0].labels], [false, "left", { role: "db" }]);
  });

  it("does not know who is online without a heartbeat bucket", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await writeFacts(session.connection, 1);
    const { code, stdout, stderr } = await runFleet(["peel", "list", "--nats-url", server.url]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: NO_MASTER });
    assert.deepEqual(stdout.split("\n"), [
      "PEEL ID  OS     ARCH  VERSION  ONLINE  LAST-SEEN  STATE  SINCE  REASON",
      "peel-1   plan9  mips  0.0.1    -       -          -      -      -",
      "",
    ]);
    const { stdout: json } = await runFleet(["peel", "list", "-o", "json", "--nats-url", server.url]);
    const [peel] = JSON.parse(json).peels;
    assert.deepEqual([peel.online, peel.last_seen_seconds], [null, null]);
  });

  it("skips what is not a record, and says how many there were", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    await writeFacts(session.connection, 1);
    const bucket = createBucket(session.connection, FACTS_BUCKET);
    await bucket.put("garbage", new Uint8Array([0xc1]), { timeoutMs: 30_000 });
    const { code, stdout, stderr } = await runFleet(["peel", "list", "--nats-url", server.url]);
    assert.deepEqual(
      { code, stderr },
      { code: 0, stderr: `${NO_MASTER}1 record(s) could not be read and were skipped.\n` },
    );
    assert.match(stdout, /^PEEL ID .*\npeel-1 .*\n$/);
  });

  it("is quiet when the reader of its pipe has seen enough", async () => {
    await using server = await startTestServer();
    await using session = await connectSession({ urls: [server.url] });
    // Far more than a pipe holds.
    await writeFacts(session.connection, 5_000);
    const list = [process.execPath, FLEET_BIN, "peel", "list", "--timeout", "60s", "--nats-url", server.url];
    const pipe = '{ "$@"; echo "exit code $?" >&2; } | head -n 1';
    const { stdout, stderr } = await promisify(execFile)("sh", ["-c", pipe, "sh", ...list]);
    assert.match(stdout, /^PEEL ID.*\n$/);
    assert.equal(stderr, `${NO_MASTER}exit code 0\n`);
  });
});

describe("fleet peel list without peels", () => {
  it("says so on stderr, prints nothing and ends with 0, with an empty document for programs", async () => {
    await using server = await startTestServer();
    const { code, stdout, stderr } = await runFleet(["peel", "list", "--nats-url", server.url]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: `${NO_MASTER}No peels found.\n` });
    const json = await runFleet(["peel", "list", "-o", "json", "--nats-url", server.url]);
    const { schema_version, source, peels } = JSON.parse(json.stdout);
    assert.deepEqual({ schema_version, source, peels }, { schema_version: 1, source: "buckets", peels: [] });
    assert.deepEqual([json.code, json.stderr], [0, NO_MASTER]);
  });
});

describe("fleet peel list without a broker", () => {
  /** Ends with 1 and one line on stderr, with the URL and without the password, within 5 s and the start of Node.js. */
  async function fail(url: string, shown: string) {
    const startedMono = performance.now();
    const { code, stdout, stderr } = await runFleet(["peel", "list", "--nats-url", url]);
    const tookMs = performance.now() - startedMono;
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
    assert.match(stderr.replace(NO_MASTER, ""), /^fleet: .*\n$/);
    assert.ok(stderr.includes(shown), stderr);
    assert.doesNotMatch(stderr, /secret/);
    // On a machine with nothing else to do a start takes 0.4 s.
    assert.ok(tookMs < 10_000, `it took ${tookMs} ms`);
  }

  it("names the URL where nobody listens", () =>
    fail("nats://me:secret@127.0.0.1:1", "nats://127.0.0.1:1: connect ECONNREFUSED"));

  it("names the URL of a host that there is not", () => fail("nats://secret@nats.invalid:4222", "nats.invalid"));

  it("gives up one that accepts and says nothing", async () => {
    await using silent = await listenSilently();
    await fail(`nats://me:secret@127.0.0.1:${silent.port}`, `nats://127.0.0.1:${silent.port}: no answer in time`);
  });

  it("gives up several of that kind in the same time", async () => {
    await using silent = await listenSilently();
    await using another = await listenSilently();
    const urls = [silent, another].map(({ port }) => `nats://127.0.0.1:${port}`);
    await fail(urls.join(","), `${urls.join(", ")}: no NATS server answered within 5s`);
  });

  it("says that a login was refused, without the password", async () => {
    await using server = await startTestServer({ config: `authorization { user: me, password: other }` });
    await fail(`nats://me:secret@127.0.0.1:${server.clientPort}`, `${server.url}: `);
  });

  it("says so of a broker that has no JetStream", async () => {
    await using server = await startTestServer({
      config: "accounts { A { users: [{ user: me, password: secret }] } }",
    });
    await fail(`nats://me:secret@127.0.0.1:${server.clientPort}`, "JetStream");
  });
});

describe("fleet peel list with wrong values", () => {
  const cases: readonly [string[], Readonly<Record<string, string>>, RegExp][] = [
    [["-o", "xml"], {}, /^fleet: --output: "xml" is not a format; use table, wide, json, yaml or ids\n$/],
    [["--timeout", "5"], {}, /^fleet: --timeout: "5" is not a duration; .*\n$/],
    [["--nats-url", "http://me:secret@x"], {}, /^fleet: --nats-url: "http:\/\/" is not a NATS URL; .*\n$/],
    [[], { FLEET_NATS_URL: "nats://a,nats://me:secret@b:c" }, /^fleet: --nats-url \(from FLEET_NATS_URL\), number 2: /],
    [["--nats-creds", "/nowhere/x.creds"], {}, /^fleet: --nats-creds: ENOENT.*\n$/],
    [["--config", "/nowhere/fleet.yaml"], {}, /^fleet: --config \/nowhere\/fleet.yaml: ENOENT.*\n$/],
    [["--peels"], {}, /^fleet: unknown option '--peels'\n/],
    [["a b"], {}, /^fleet: "a b" is neither a peel id nor a pattern: .*\n$/],
    [["--online", "--offline"], {}, /^fleet: --offline: does not go with --online\n$/],
  ];
  for (const [args, environment, message] of cases) {
    const given = [...Object.keys(environment), ...args].join(" ");
    it(`ends with 2 and names what is wrong: ${given}`, async () => {
      const { code, stdout, stderr } = await runFleet(["peel", "list", ...args], { environment });
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /secret/);
    });
  }
});
