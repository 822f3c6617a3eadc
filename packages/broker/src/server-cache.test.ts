import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "@fleet/runtime";
import type { FetchContext } from "./fetch-context.ts";
import {
  defaultCacheDir,
  findRememberedServer,
  installServer,
  rememberVersion,
  serversFolder,
  withWorkFolder,
} from "./server-cache.ts";

const context: FetchContext = { clock: systemClock, signal: undefined, report: () => {} };

describe("server cache", () => {
  let cacheDir: string;

  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), "fleet-cache-"));
  });

  afterEach(async () => {
    await rm(cacheDir, { recursive: true, force: true });
  });

  /** A program that says it is `version`; `mark` tells two of one version apart. */
  async function write(version: string, mark: string): Promise<string> {
    const path = join(cacheDir, mark);
    await writeFile(path, `#!/bin/sh\n# ${mark}\necho 'nats-server: v${version}'\n`);
    return path;
  }

  function put(program: string) {
    return withWorkFolder(context, cacheDir, async (folder) => {
      const binary = join(folder, "fetched");
      await rename(program, binary);
      const server = await installServer(context, cacheDir, folder, binary);
      await rememberVersion(cacheDir, folder, "suite-test", server.version);
      return server;
    });
  }

  async function install(version: string, mark: string) {
    return put(await write(version, mark));
  }

  it("lies where XDG_CACHE_HOME says, if that is an absolute path", () => {
    assert.equal(defaultCacheDir({ xdgCacheHome: "/var/tmp/x", home: "/home/a" }), "/var/tmp/x/fleet");
    for (const xdgCacheHome of [undefined, "", "relative"]) {
      assert.equal(defaultCacheDir({ xdgCacheHome, home: "/home/a" }), "/home/a/.cache/fleet");
    }
  });

  it("keeps one folder a version and leaves no work behind", async () => {
    const { path, version } = await install("2.14.5", "a");
    assert.equal(version, "2.14.5");
    assert.equal(path, join(cacheDir, "nats-server", "2.14.5", "nats-server"));
    assert.deepEqual((await readdir(serversFolder(cacheDir))).sort(), ["2.14.5", "suite-test"]);
  });

  it("leaves a server that runs in its place: the second of two uses the first one's", async () => {
    const first = await install("2.14.5", "first");
    const second = await install("2.14.5", "second");
    assert.equal(second.path, first.path);
    assert.match(await readFile(second.path, "utf8"), /# first/);
  });

  it("holds one whole server after many were put there at once", async () => {
    const marks = Array.from({ length: 8 }, (_, index) => `writer ${index}`);
    const programs: string[] = [];
    for (const mark of marks) programs.push(await write("2.14.5", mark));
    const servers = await Promise.all(programs.map(put));
    assert.equal(new Set(servers.map((server) => server.path)).size, 1);
    assert.deepEqual((await readdir(serversFolder(cacheDir))).sort(), ["2.14.5", "suite-test"]);
  });

  it("replaces a server that does not run any more", async () => {
    const { path } = await install("2.14.5", "first");
    await writeFile(path, "");
    await install("2.14.5", "second");
    assert.match(await readFile(path, "utf8"), /# second/);
  });

  it("remembers which version was fetched under a name, as long as it runs", async () => {
    assert.equal(await findRememberedServer(context, cacheDir, "suite-test"), undefined);
    const server = await install("2.14.5", "a");
    assert.deepEqual(await findRememberedServer(context, cacheDir, "suite-test"), server);
    await writeFile(server.path, "");
    assert.equal(await findRememberedServer(context, cacheDir, "suite-test"), undefined);
  });

  it("removes the work folder also when the work fails", async () => {
    const failing = withWorkFolder(context, cacheDir, async () => {
      throw new Error("disk full");
    });
    await assert.rejects(failing, /disk full/);
    assert.deepEqual(await readdir(serversFolder(cacheDir)), []);
  });

  it("clears away work that was left behind by a killed process, but not work under way", async () => {
    const [old, fresh] = [join(serversFolder(cacheDir), ".work-old"), join(serversFolder(cacheDir), ".work-fresh")];
    await mkdir(old, { recursive: true });
    await mkdir(fresh);
    const twoHoursAgo = new Date(systemClock.wallMs() - 7_200_000);
    await utimes(old, twoHoursAgo, twoHoursAgo);
    await withWorkFolder(context, cacheDir, async () => {});
    assert.deepEqual(await readdir(serversFolder(cacheDir)), [".work-fresh"]);
  });
});
