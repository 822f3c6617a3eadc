// What an operator's tools meet at the operations server of real processes.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { type FleetCommand, PATIENCE, startFleet } from "./fleet-command.ts";

const ROLES = ["peel", "master"] as const;
const NO_BROKER = "nats://127.0.0.1:1";

/** Where a daemon listens on this machine. */
async function urlOf(daemon: FleetCommand): Promise<string> {
  return eventually(() => {
    const [, port] = /"address":"[^"]*:(\d+)","msg":"operations server listening"/.exec(daemon.stdout) ?? [];
    assert.ok(port !== undefined, `it does not listen: ${daemon.stdout}${daemon.stderr}`);
    return `http://127.0.0.1:${port}`;
  }, PATIENCE);
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

function setLevel(url: string, change: { level: string; for?: string }): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${url}/loggers`, { method: "POST", headers, body: JSON.stringify(change) });
}

for (const role of ROLES) {
  describe(`the operations server of fleet ${role} run`, () => {
    it("changes the level of the log for a time", async () => {
      await using daemon = startFleet([role, "run", "--health-addr", "127.0.0.1:0", "--nats-url", NO_BROKER]);
      const url = await urlOf(daemon);
      assert.doesNotMatch(daemon.stdout, /"DEBUG"/);
      assert.equal((await setLevel(url, { level: "debug", for: "1500ms" })).status, 200);
      assert.equal((await setLevel(url, { level: "loud" })).status, 400);
      const logged = /"msg":"log level changed"/g;
      await eventually(() => assert.equal(daemon.stdout.match(logged)?.length, 2), PATIENCE);
      const report = (await (await fetch(`${url}/loggers`)).json()) as { level: string };
      assert.equal(report.level, "info");
    });

    it("is down to liveness only after the grace it was given, and out of service before it has started", async () => {
      const args = [role, "run", "--health-addr", "127.0.0.1:0", "--nats-url", NO_BROKER];
      await using patient = startFleet(args);
      await using strict = startFleet([...args, "--liveness-nats-grace", "1s", "--health-details", "off"]);
      const [tolerant, hasty] = [await urlOf(patient), await urlOf(strict)];
      await eventually(async () => assert.equal((await fetch(`${hasty}/healthz`)).status, 503), PATIENCE);
      assert.match(await (await fetch(`${hasty}/healthz`)).text(), /no connection to NATS for .* the grace of 1s/);
      assert.equal((await fetch(`${tolerant}/healthz`)).status, 200);
      for (const path of ["/startupz", "/readyz", "/health"]) {
        assert.equal((await fetch(tolerant + path)).status, 503, path);
      }
      const health = { name: role, status: "OUT_OF_SERVICE" };
      assert.deepEqual(await (await fetch(`${hasty}/health`)).json(), health);
    });

    it("keeps to itself what is not for everyone where others can reach it, and follows a renewed token", async () => {
      await using server = await startTestServer();
      const folder = await mkdtemp(join(tmpdir(), "fleet-test-"));
      const file = join(folder, "bearer");
      await writeFile(file, "first-token\n");
      const environment = { FLEET_NATS_URL: server.url, METRICS_BEARER_FILE: file };
      await using daemon = startFleet([role, "run", "--health-addr", "0.0.0.0:0"], { environment });
      const url = await urlOf(daemon);
      await eventually(
        async () => assert.equal((await fetch(`${url}/startupz`)).status, role === "peel" ? 503 : 200),
        PATIENCE,
      );
      for (const path of ["/metrics", "/metrics.json", "/info", "/loggers", "/threaddump"]) {
        assert.equal((await fetch(url + path)).status, 401, path);
        assert.equal((await fetch(url + path, bearer("first-token"))).status, 200, path);
      }
      assert.equal((await fetch(`${url}/healthz`)).status, 200);

      await writeFile(file, "second-token\n");
      assert.equal((await fetch(`${url}/metrics`, bearer("first-token"))).status, 401);
      assert.equal((await fetch(`${url}/metrics`, bearer("second-token"))).status, 200);
      await rm(folder, { recursive: true });
      assert.equal((await fetch(`${url}/metrics`, bearer("second-token"))).status, 401);
      await eventually(() => {
        assert.match(daemon.stdout, /"WARN".*"msg":"http\.request\.unauthorized"/);
        assert.match(daemon.stdout, /bearer token unreadable; nobody is let in/);
      }, PATIENCE);
      assert.doesNotMatch(daemon.stdout, /(first|second)-token/);
    });

    it("shows no secret in any answer, line of the log or argument", async () => {
      const environment = {
        FLEET_NATS_URL: "nats://me:hunter2-nats@127.0.0.1:1",
        METRICS_BEARER: "hunter2-bearer",
        SOME_PASSWORD: "hunter2-other",
      };
      const args = [role, "run", "--health-addr", "127.0.0.1:0", "--log-level", "debug"];
      await using daemon = startFleet(args, { environment });
      const url = await urlOf(daemon);
      const missing = (await (await fetch(`${url}/nothing`)).json()) as { endpoints: string[] };
      for (const path of missing.endpoints) {
        const text = await (await fetch(url + path, bearer("hunter2-bearer"))).text();
        assert.doesNotMatch(text, /hunter2/, path);
      }
      const env = await (await fetch(`${url}/env`, bearer("hunter2-bearer"))).json();
      const { settings } = env as { settings: { name: string; value: unknown; source: string }[] };
      const settingOf = (wanted: string) => settings.find(({ name }) => name === wanted);
      assert.deepEqual(settingOf("log_level"), { name: "log_level", value: "debug", source: "--log-level" });
      assert.equal(settingOf("nats_url")?.source, "FLEET_NATS_URL");
      assert.match(JSON.stringify(settingOf("nats_url")?.value), /nats:\/\/[^"]*@?127\.0\.0\.1:1/);
      await fetch(`${url}/metrics`, bearer("hunter2-wrong"));
      await eventually(() => assert.match(daemon.stdout, /http\.request\.unauthorized/), PATIENCE);
      assert.doesNotMatch(daemon.stdout + daemon.stderr, /hunter2/);
      assert.doesNotMatch(await readFile(`/proc/${daemon.pid}/cmdline`, "utf8"), /hunter2/);
    });
  });
}

/** What a process has in memory. */
async function residentMb(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1_000;
}

describe("probes and scrapes of a peel", {
  skip: process.platform === "linux" ? false : "only Linux has /proc",
}, () => {
  it("leave it within 10 MB of what it had before", async () => {
    await using daemon = startFleet(["peel", "run", "--health-addr", "127.0.0.1:0", "--nats-url", NO_BROKER]);
    const url = await urlOf(daemon);
    const ask = async (path: string, times: number) => {
      for (let time = 0; time < times; time += 1) await (await fetch(url + path)).text();
    };
    await ask("/readyz", 10);
    await ask("/metrics", 10);
    const before = await residentMb(daemon.pid);
    await ask("/readyz", 1_500);
    await ask("/metrics", 100);
    const grown = (await residentMb(daemon.pid)) - before;
    assert.ok(grown < 10, `grown by ${grown} MB from ${before}`);
  });
});
