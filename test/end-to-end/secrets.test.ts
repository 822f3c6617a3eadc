// No secret that a daemon is given is ever printed: not at debug level, not in text, not on any failure.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startTestServer } from "@fleet/broker/testing";
import { eventually } from "@fleet/runtime/testing";
import { type FleetEnding, PATIENCE, runFleet, startFleet } from "./fleet-command.ts";

const ROLES = ["peel", "master"] as const;
/** In every secret below, however it is escaped. */
const SECRET = /s3cr3t|s3c%72|czNjcjN0/i;
const PASSWORD = "s3cr3t/pass@word";
const URL_PASSWORD = "s3c%723t%2Fpass%40word";
const BEARER = "s3cr3t-bearer-token";
const DEBUG = ["--log-level", "debug", "--health-addr", "127.0.0.1:0"];

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-secrets-"));
});
after(() => rm(folder, { recursive: true }));

function assertNoSecret({ stdout, stderr }: Pick<FleetEnding, "stdout" | "stderr">): void {
  for (const line of `${stdout}\n${stderr}`.split("\n")) assert.doesNotMatch(line, SECRET);
}

/** Runs a daemon until it has printed `text`, and then to its end. */
async function runUntil(text: RegExp, args: readonly string[], environment: Record<string, string>) {
  await using daemon = startFleet([...args, ...DEBUG], { environment });
  await eventually(() => assert.match(daemon.stdout, text, daemon.stderr), PATIENCE);
  const port = /"address":"[^"]*:(\d+)"/.exec(daemon.stdout)?.[1];
  const told: string[] = [];
  if (port !== undefined) {
    for (const path of ["/env", "/info", "/readyz?verbose", "/health", "/metrics", "/threaddump"]) {
      const open = await fetch(`http://127.0.0.1:${port}${path}`);
      const allowed = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { authorization: `Bearer ${BEARER}` },
      });
      told.push(await open.text(), await allowed.text());
    }
  }
  daemon.child.kill("SIGTERM");
  const ending = await daemon.ended;
  return { ...ending, told };
}

for (const role of ROLES) {
  describe(`the secrets of a ${role}`, () => {
    const users = `authorization { user: fleet, password: "${PASSWORD}" }`;

    it("stay secret when all is well, in the log and on every page", async () => {
      await using server = await startTestServer({ config: users });
      const environment = {
        FLEET_NATS_URL: server.url.replace("://", `://fleet:${URL_PASSWORD}@`),
        METRICS_BEARER: BEARER,
      };
      const { code, told, ...printed } = await runUntil(/"connected to NATS"/, [role, "run"], environment);
      assert.equal(code, 0);
      assertNoSecret(printed);
      assert.ok(told.some((page) => page.includes("nats_url")));
      for (const page of told) assert.ok(!SECRET.test(page), page.slice(0, 2_000));
    });

    it("stay secret when they are refused, also in text", async () => {
      await using server = await startTestServer({ config: `authorization { user: fleet, password: "another" }` });
      const environment = {
        FLEET_NATS_URL: server.url.replace("://", `://fleet:${URL_PASSWORD}@`),
        FLEET_LOG_FORMAT: "text",
        METRICS_BEARER: BEARER,
      };
      assertNoSecret(await runUntil(/cannot connect to NATS/, [role, "run"], environment));
    });

    it("stay secret when they are a token, or a credentials file that is none", async () => {
      const creds = join(folder, `${role}.creds`);
      await writeFile(creds, `-----BEGIN NATS USER JWT-----\n${PASSWORD}\n------END NATS USER JWT------\nSUs3cr3t\n`);
      await using server = await startTestServer({ config: `authorization { token: "another" }` });
      const token = { FLEET_NATS_URL: server.url.replace("://", `://${URL_PASSWORD}@`) };
      const file = { FLEET_NATS_URL: server.url, FLEET_NATS_CREDS: creds };
      for (const environment of [token, file]) {
        assertNoSecret(await runUntil(/cannot connect to NATS/, [role, "run"], environment));
      }
    });

    it("stay secret when the start is refused because of them", async () => {
      const environment = {
        FLEET_NATS_URL: `nats://fleet:${URL_PASSWORD}@host:port,http://fleet:${PASSWORD}@host`,
        METRICS_BEARER: `${BEARER} and more`,
        FLEET_NATS_SYS_PASSWORD: PASSWORD,
      };
      const ending = await runFleet([role, "run"], { environment });
      assert.equal(ending.code, 2);
      assert.match(ending.stderr, /METRICS_BEARER/);
      assert.match(ending.stderr, /--nats-url/);
      assertNoSecret(ending);
    });
  });
}

it("the password of the system account stays secret when it is refused", async () => {
  await using server = await startTestServer();
  const environment = {
    FLEET_NATS_URL: server.url,
    FLEET_NATS_SYS_USER: "sys",
    FLEET_NATS_SYS_PASSWORD: PASSWORD,
  };
  const { told, ...printed } = await runUntil(/"connected to NATS"/, ["master", "run"], environment);
  assertNoSecret(printed);
  for (const page of told) assert.ok(!SECRET.test(page), page.slice(0, 2_000));
});
