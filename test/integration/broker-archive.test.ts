import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { type ResolveServerOptions, releasePlatform, resolveServer } from "@fleet/broker";
import { isFleetError } from "@fleet/runtime";
import { createFakeClock, eventually } from "@fleet/runtime/testing";

const platform = releasePlatform(process.platform, process.arch);
const archiveName = `nats-server-v9.9.9-${platform}`;

describe("the official release archive", () => {
  let root: string;
  let archive: Buffer;
  let cacheDir: string;
  let host: Server;
  let answer: RequestListener;
  let requests: string[];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "fleet-archive-"));
    const program = join(root, archiveName, "nats-server");
    await mkdir(join(root, archiveName));
    // The filler makes the archive long enough to be cut in the middle.
    const filler = createHash("sha512").update("filler").digest("hex").repeat(4);
    await writeFile(program, `#!/bin/sh\necho 'nats-server: v9.9.9'\nexit 0\n${filler}\n`);
    await chmod(program, 0o755);
    execFileSync("tar", ["-czf", join(root, "archive.tar.gz"), "-C", root, archiveName]);
    archive = await readFile(join(root, "archive.tar.gz"));
  });

  after(async () => {
    await rm(root, { recursive: true, force: true });
  });

  beforeEach(async () => {
    cacheDir = await mkdtemp(join(root, "cache-"));
    requests = [];
    answer = (_request, response) => {
      response.end(archive);
    };
    host = createServer((request, response) => {
      requests.push(request.url ?? "");
      answer(request, response);
    });
    await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  });

  afterEach(async () => {
    host.closeAllConnections();
    await new Promise((resolve) => host.close(resolve));
  });

  function baseUrl(): string {
    return `http://127.0.0.1:${(host.address() as AddressInfo).port}/download`;
  }

  /** Fetches from the local host only; its release is the archive made above. */
  function resolve(options: Partial<ResolveServerOptions> = {}) {
    const sha256 = createHash("sha256").update(archive).digest("hex");
    const release = { version: "9.9.9", baseUrl: baseUrl(), checksums: { [platform]: sha256 } };
    return resolveServer({ cacheDir, systemFolders: [], fetchFrom: ["release"], release, ...options });
  }

  async function cached(): Promise<string[]> {
    return (await readdir(join(cacheDir, "nats-server"))).sort();
  }

  it("is fetched, checked, unpacked into the cache, and found there the next time", async () => {
    const messages: string[] = [];
    const server = await resolve({ onProgress: (message) => messages.push(message) });
    const path = join(cacheDir, "nats-server", "9.9.9", "nats-server");
    assert.deepEqual(server, { path, version: "9.9.9", source: "release" });
    assert.deepEqual(requests, [`/download/v9.9.9/${archiveName}.tar.gz`]);
    assert.deepEqual(await cached(), ["9.9.9"]);
    assert.match(messages.join("\n"), /^downloading http.*\ndownloading nats-server: \d+\.\d/);

    assert.deepEqual(await resolve(), { path, version: "9.9.9", source: "cache" });
    assert.equal(requests.length, 1);
  });

  it("is refused with both sums when it is not the published one, and no other way is tried", async () => {
    const published = "0".repeat(64);
    const release = { version: "9.9.9", baseUrl: baseUrl(), checksums: { [platform]: published } };
    await assert.rejects(resolve({ release, fetchFrom: ["release", "distribution"] }), (error) => {
      assert.ok(isFleetError(error, "CHECKSUM_MISMATCH"));
      assert.match(error.message, new RegExp(createHash("sha256").update(archive).digest("hex")));
      assert.match(error.message, new RegExp(published));
      return true;
    });
    assert.deepEqual(await cached(), []);
  });

  it("is followed to where the host keeps it", async () => {
    answer = (request, response) => {
      if (request.url?.startsWith("/download")) response.writeHead(302, { location: "/assets/1" }).end();
      else response.end(archive);
    };
    assert.equal((await resolve()).source, "release");
    assert.deepEqual(requests.slice(1), ["/assets/1"]);
  });

  const refused: readonly (readonly [what: string, answer: RequestListener, reason: RegExp])[] = [
    [
      "is redirected to plain http elsewhere",
      (_, response) => void response.writeHead(302, { location: "http://mirror.example/a" }).end(),
      /refusing to go on at http:\/\/mirror\.example\/a: not https/,
    ],
    [
      "is redirected in a circle",
      (request, response) => void response.writeHead(302, { location: request.url }).end(),
      /more than 5 redirects/,
    ],
    ["is not there", (_, response) => void response.writeHead(404).end("gone"), /HTTP status 404/],
    [
      "is cut off",
      (_, response) => {
        response.writeHead(200, { "content-length": archive.length });
        response.write(archive.subarray(0, 100), () => response.destroy());
      },
      /aborted|premature|ECONNRESET/i,
    ],
    [
      "is said to be far too large",
      (_, response) => void response.writeHead(200, { "content-length": 10_000_000_000 }).flushHeaders(),
      /10000000000 bytes are too many/,
    ],
  ];
  for (const [what, refusal, reason] of refused) {
    it(`is given up when it ${what}, and leaves nothing behind`, async () => {
      answer = refusal;
      await assert.rejects(resolve(), (error) => {
        assert.ok(isFleetError(error, "SERVER_NOT_FOUND"), String(error));
        assert.match(error.message, /official release: http:/);
        assert.match(error.message, reason);
        return true;
      });
      assert.deepEqual(await cached(), []);
    });
  }

  const silences: readonly (readonly [when: string, answer: RequestListener])[] = [
    ["before it answers", () => {}],
    [
      "in the middle of the archive",
      (_, response) => {
        response.writeHead(200, { "content-length": archive.length });
        response.write(archive.subarray(0, 100));
      },
    ],
  ];
  for (const [when, silence] of silences) {
    it(`is given up when the host falls silent ${when}`, async () => {
      answer = silence;
      const clock = createFakeClock();
      let outcome: unknown;
      resolve({ clock }).catch((error: unknown) => {
        outcome = error;
      });
      await eventually(() => assert.equal(requests.length, 1));
      await eventually(async () => {
        await clock.advance(10_000);
        assert.ok(isFleetError(outcome, "SERVER_NOT_FOUND"));
      });
      assert.match(String(outcome), /nothing received for 10s/);
      assert.equal(clock.pendingTimers, 0);
      assert.deepEqual(await cached(), []);
    });
  }

  it("stops being fetched when the caller has had enough", async () => {
    answer = () => {};
    const controller = new AbortController();
    const resolving = resolve({ signal: controller.signal });
    await eventually(() => assert.equal(requests.length, 1));
    const reason = new Error("told to stop");
    controller.abort(reason);
    await assert.rejects(resolving, reason);
    assert.deepEqual(await cached(), []);
  });

  it("ends up whole in the cache when several processes fetch it at once", async () => {
    const script = `
      import { resolveServer } from "@fleet/broker";
      const server = await resolveServer(JSON.parse(process.argv[1]));
      console.log(JSON.stringify(server));
    `;
    const sha256 = createHash("sha256").update(archive).digest("hex");
    const release = { version: "9.9.9", baseUrl: baseUrl(), checksums: { [platform]: sha256 } };
    const options = JSON.stringify({ cacheDir, systemFolders: [], fetchFrom: ["release"], release });
    // All are answered together, so that none finds what another has already put into the cache.
    const waiting: (() => void)[] = [];
    answer = (_, response) => {
      waiting.push(() => response.end(archive));
      if (waiting.length === 3) for (const go of waiting) go();
    };
    const run = () =>
      new Promise<string>((done, fail) => {
        const args = ["--input-type=module", "-e", script, options];
        execFile(process.execPath, args, { cwd: import.meta.dirname }, (error, stdout, stderr) => {
          if (error) fail(new Error(stderr));
          else done(stdout);
        });
      });
    const outputs = await Promise.all([run(), run(), run()]);
    const path = join(cacheDir, "nats-server", "9.9.9", "nats-server");
    for (const output of outputs) {
      assert.deepEqual(JSON.parse(output), { path, version: "9.9.9", source: "release" });
    }
    assert.deepEqual(await cached(), ["9.9.9"]);
  });
});
