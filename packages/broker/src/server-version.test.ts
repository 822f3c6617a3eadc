import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareServerVersions, isServerVersion, parseServerVersion } from "./server-version.ts";

describe("server version", () => {
  it("is read from what --version prints", () => {
    assert.equal(parseServerVersion("nats-server: v2.14.5\n"), "2.14.5");
    assert.equal(parseServerVersion("nats-server: 2.9.10\n"), "2.9.10");
    assert.equal(parseServerVersion("nats-server: v2.15.0-RC.1\n"), "2.15.0-RC.1");
  });

  it("is undefined for the output of another program", () => {
    for (const output of ["", "v2.14.5", "redis-server v2.14.5", "nats-server: vnext", "nats-server: v2.14"]) {
      assert.equal(parseServerVersion(output), undefined, output);
    }
  });

  it("is ordered by number, not by text", () => {
    const versions = ["2.15.1", "2.9.10", "2.10.27", "2.9.9", "10.0.0"];
    assert.deepEqual(versions.sort(compareServerVersions), ["2.9.9", "2.9.10", "2.10.27", "2.15.1", "10.0.0"]);
    assert.equal(compareServerVersions("2.14.0-RC.1", "2.14.0"), 0);
  });

  it("is told from the other names in the cache", () => {
    const names = ["2.14.5", "2.15.0-RC.1", "suite-trixie", ".work-a1b2c3", "../2.14.5", "2.14.5/.."];
    assert.deepEqual(names.filter(isServerVersion), ["2.14.5", "2.15.0-RC.1"]);
  });
});
