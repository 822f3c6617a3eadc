import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { resolveDistributionServer, resolveServer } from "@fleet/broker";
import { resolveTestServerVersions, startTestServer } from "@fleet/broker/testing";
import { isFleetError } from "@fleet/runtime";

describe("the distribution's package", () => {
  let cacheDir: string;

  before(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), "fleet-package-"));
  });

  after(async () => {
    await rm(cacheDir, { recursive: true, force: true });
  });

  it("becomes the server of a machine that has none, without being installed", async (t) => {
    const messages: string[] = [];
    const onProgress = (message: string) => messages.push(message);
    const options = { cacheDir, searchPath: "/nowhere", systemFolders: [], onProgress };
    let server: Awaited<ReturnType<typeof resolveServer>>;
    try {
      server = await resolveServer({ ...options, fetchFrom: ["distribution"] });
    } catch (error) {
      if (!isFleetError(error, "SERVER_NOT_FOUND")) throw error;
      return t.skip(error.message);
    }
    assert.equal(server.source, "distribution");
    assert.equal(server.path, join(cacheDir, "nats-server", server.version, "nats-server"));
    assert.match(messages.join("\n"), /fetching the package lists of \w+ at /);
    assert.deepEqual(await readdir(join(cacheDir, "nats-server")), [server.version]);

    assert.deepEqual(await resolveServer({ ...options, fetchFrom: [] }), { ...server, source: "cache" });
  });

  it("cannot be had of a suite that does not exist, and says so", async () => {
    await assert.rejects(resolveDistributionServer({ suite: "no-such-suite", cacheDir }), (error) => {
      assert.ok(isFleetError(error, "PACKAGE_UNAVAILABLE"), String(error));
      assert.match(error.message, /no-such-suite/);
      return true;
    });
    const left = await readdir(join(cacheDir, "nats-server"));
    assert.deepEqual(
      left.filter((name) => name.startsWith(".") || name.startsWith("suite")),
      [],
    );
  });

  it("is refused for a name that is not that of a suite", async () => {
    await assert.rejects(resolveDistributionServer({ suite: "../trixie", cacheDir }), (error) => {
      assert.ok(isFleetError(error, "INVALID_OPTIONS"));
      return true;
    });
  });
});

for (const { label, path, version, skip } of await resolveTestServerVersions()) {
  describe(label, { skip }, () => {
    it("starts, is healthy and says its version", async () => {
      await using server = await startTestServer({ path });
      const response = await fetch(`${server.monitorUrl}/varz`);
      const { version: told } = (await response.json()) as { version: string };
      assert.equal(told, version);
    });
  });
}
