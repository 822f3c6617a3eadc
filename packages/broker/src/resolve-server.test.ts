import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { isFleetError } from "@fleet/runtime";
import { type ResolveServerOptions, resolveServer } from "./resolve-server.ts";

describe("resolving a server", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "fleet-resolve-"));
  });

  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  /** A program that prints `output` when asked for its version. */
  async function place(folder: string, output: string): Promise<string> {
    const path = join(root, folder, "nats-server");
    await mkdir(join(root, folder), { recursive: true });
    await writeFile(path, `#!/bin/sh\necho '${output}'\n`);
    await chmod(path, 0o755);
    return path;
  }

  /** Only looks, and only inside the test's own folder. */
  function resolve(options: Partial<ResolveServerOptions> = {}) {
    const cacheDir = join(root, "cache");
    return resolveServer({ cacheDir, searchPath: join(root, "bin"), systemFolders: [], fetchFrom: [], ...options });
  }

  it("takes the configured program before any other", async () => {
    await place("bin", "nats-server: v2.14.5");
    const path = await place("own", "nats-server: v2.12.0");
    assert.deepEqual(await resolve({ configuredPath: path }), { path, version: "2.12.0", source: "configured" });
  });

  it("does not look further when the configured program cannot be run", async () => {
    await place("bin", "nats-server: v2.14.5");
    await assert.rejects(resolve({ configuredPath: join(root, "missing") }), (error) => {
      assert.ok(isFleetError(error, "SERVER_UNUSABLE"));
      assert.match(error.message, /FLEET_NATS_SERVER.*missing cannot be run/);
      return true;
    });
  });

  it("says what a configured program is when it is not a nats-server", async () => {
    const path = await place("own", "redis-server 7");
    await assert.rejects(resolve({ configuredPath: path }), /is not a nats-server: --version printed "redis-server 7"/);
  });

  it("takes an empty configured path for none", async () => {
    const path = await place("bin", "nats-server: v2.14.5");
    assert.equal((await resolve({ configuredPath: "" })).path, path);
  });

  it("looks on the PATH before the cache", async () => {
    const path = await place("bin", "nats-server: v2.9.10");
    await place("cache/nats-server/2.14.5", "nats-server: v2.14.5");
    assert.deepEqual(await resolve(), { path, version: "2.9.10", source: "path" });
  });

  it("looks in the system's folders after the PATH", async () => {
    const path = await place("sbin", "nats-server: v2.9.10");
    assert.equal((await resolve({ systemFolders: [join(root, "sbin")] })).path, path);
  });

  it("passes over programs that are too old, broken, or not executable", async () => {
    await place("bin", "nats-server: v2.7.4");
    await place("broken", "");
    await chmod(await place("text", "nats-server: v2.14.5"), 0o644);
    const path = await place("good", "nats-server: v2.10.27");
    const searchPath = ["bin", "broken", "text", "good"].map((folder) => join(root, folder)).join(":");
    assert.equal((await resolve({ searchPath })).path, path);
  });

  it("takes the newest program of the cache that runs", async () => {
    await place("cache/nats-server/2.9.10", "nats-server: v2.9.10");
    const path = await place("cache/nats-server/2.10.27", "nats-server: v2.10.27");
    await place("cache/nats-server/2.14.5", "");
    assert.deepEqual(await resolve(), { path, version: "2.10.27", source: "cache" });
  });

  it("lists every way and why it failed when there is none", async () => {
    await place("bin", "nats-server: v2.7.4");
    await assert.rejects(resolve(), (error) => {
      assert.ok(isFleetError(error, "SERVER_NOT_FOUND"));
      assert.match(error.message, /PATH: .* is version 2\.7\.4; 2\.9\.0 or newer is needed/);
      assert.match(error.message, /cache: nothing usable in /);
      assert.match(error.message, /set FLEET_NATS_SERVER/);
      return true;
    });
  });

  it("refuses a release host without https", async () => {
    const release = { version: "2.14.5", baseUrl: "http://mirror.example", checksums: { "linux-amd64": "00" } };
    await assert.rejects(resolve({ fetchFrom: ["release"], release }), (error) => {
      assert.ok(isFleetError(error, "INVALID_OPTIONS"));
      return true;
    });
  });

  it("ends with the abort reason", async () => {
    await place("bin", "nats-server: v2.14.5");
    const reason = new Error("told to stop");
    await assert.rejects(resolve({ signal: AbortSignal.abort(reason) }), reason);
  });
});
