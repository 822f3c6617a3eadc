import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runFleet } from "./fleet-command.ts";

describe("fleet plan", () => {
  it("gives a configuration that fleet config check has nothing against, and asks nobody for it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-plan-"));
    try {
      const flags = ["plan", "--peels", "20000000", "--interval", "30s", "--replicas", "3"];
      const configuration = await runFleet([...flags, "-o", "config"]);
      assert.deepEqual([configuration.code, configuration.stderr], [0, ""]);
      const file = join(folder, "fleet.yaml");
      await writeFile(file, configuration.stdout);
      const checked = await runFleet(["config", "check", file]);
      assert.deepEqual([checked.code, checked.stdout], [0, `${file}: nothing wrong\n`], checked.stderr);

      const json = await runFleet([...flags, "-o", "json"]);
      const { schema_version, beats_per_second, configuration: settings } = JSON.parse(json.stdout);
      assert.equal(schema_version, 1);
      assert.equal(beats_per_second, 666_700);
      assert.deepEqual([settings.heartbeat_interval, settings.heartbeat_ttl], ["30s", "90s"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("names every flag that is wrong, with what is right, and ends with 2", async () => {
    const { code, stdout, stderr } = await runFleet(["plan", "--replicas", "2", "--interval", "soon", "-o", "xml"]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.deepEqual(stderr.trimEnd().split("\n"), [
      "fleet: --peels: use a whole number from 1 to 1000000000",
      'fleet: --interval: "soon" is not a duration; write for example 250ms, 15s or 1h30m',
      'fleet: --replicas: "2" copies hold no majority; use 1, 3 or 5',
      'fleet: --output: "xml" is not a format; use table, json or config',
    ]);
  });
});
