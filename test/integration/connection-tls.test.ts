import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { RunningServer } from "@fleet/broker";
import { startTestServer } from "@fleet/broker/testing";
import { isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { connectSession, startSession } from "./bus-session.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe("a connection over TLS", { skip: hasOpenssl ? false : "there is no openssl on this machine" }, () => {
  let folder: string;
  let server: RunningServer;
  const file = (name: string) => join(folder, name);
  const authorities = (name: string) => () => readFileSync(file(name), "utf8");

  const openssl = (...args: string[]) => {
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const makeAuthority = (name: string) => {
    openssl("req", "-x509", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${name}`);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleet-tls-"));
    makeAuthority("authority");
    makeAuthority("stranger");
    openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=nats");
    await writeFile(file("server.ext"), "subjectAltName=IP:127.0.0.1,DNS:nats.example");
    const signing = ["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-extfile", "server.ext"];
    openssl("x509", "-req", "-in", "server.csr", ...signing, "-out", "server.pem");
    const config = `tls { cert_file: "${file("server.pem")}", key_file: "${file("server.key")}" }`;
    server = await startTestServer({ config });
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const tlsUrl = (host = "127.0.0.1") => `tls://${host}:${server.clientPort}`;

  async function failure(options: { urls: string[]; ca?: () => string }): Promise<Error> {
    await using session = startSession(options);
    return await eventually(() => {
      assert.equal(session.connection.state, "connecting");
      assert.ok(session.connection.lastError);
      return session.connection.lastError;
    });
  }

  it("works where the server's certificate is from the authorities given", async () => {
    for (const url of [tlsUrl(), server.url]) {
      await using session = await connectSession({ urls: [url], ca: authorities("authority.pem") });
      assert.equal(session.connection.server?.name, server.name);
      await session.connection.flush(5_000);
    }
  });

  it("is refused with a clear reason where the certificate is from somebody else", async () => {
    for (const ca of [authorities("stranger.pem"), undefined]) {
      const error = await failure({ urls: [tlsUrl()], ...(ca && { ca }) });
      assert.ok(isFleetError(error, "BROKER_ERROR"));
      assert.match(
        error.message,
        /^tls:\/\/127\.0\.0\.1:\d+: the server's certificate is not accepted: unable to verify/,
      );
    }
  });

  it("is refused where the certificate is for another host", async () => {
    const error = await failure({ urls: [tlsUrl("localhost")], ca: authorities("authority.pem") });
    assert.match(error.message, /the server's certificate is not accepted: .*localhost/);
  });

  it("is not taken back to plain text by a server that offers no TLS", async () => {
    await using plain = await startTestServer();
    const error = await failure({ urls: [plain.url.replace("nats://", "tls://")] });
    assert.match(error.message, /the server does not offer TLS/);
  });

  it("says which file of authorities cannot be read, and takes it up once it is there", async () => {
    await using session = startSession({ urls: [tlsUrl()], ca: authorities("late.pem") });
    const { connection } = session;
    await eventually(() => assert.match(connection.lastError?.message ?? "", /cannot be read: .*late\.pem/));
    openssl("x509", "-in", "authority.pem", "-out", "late.pem");
    await connection.connected(AbortSignal.timeout(10_000));
    assert.equal(connection.state, "connected");
  });

  it("comes back after the server was killed", async () => {
    await using session = await connectSession({ urls: [tlsUrl()], ca: authorities("authority.pem") });
    server.kill();
    await eventually(() => assert.equal(session.connection.state, "disconnected"));
    await server.restart();
    await session.connection.connected(AbortSignal.timeout(10_000));
    assert.equal(session.connection.counters.reconnects, 1);
  });
});
