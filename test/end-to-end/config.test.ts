import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { runFleet } from "./fleet-command.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-config-"));
});
after(() => rm(folder, { recursive: true }));

describe("fleet config show", () => {
  it("shows what a peel with the same flags, environment and file would run with, and no secret", async () => {
    const file = join(folder, "peel.yaml");
    await writeFile(file, "id: web-1\nlog_level: warn\nshutdown_timeout: 3s\n");
    const environment = {
      FLEET_CONFIG: file,
      FLEET_NATS_URL: "nats://me:s3cr3t@h:1",
      METRICS_BEARER: "t0ps3cr3t",
      FLEET_LOG_LEVEL: "debug",
    };
    const flags = ["--shutdown-timeout", "5s"];
    const table = await runFleet(["config", "show", "peel", ...flags], { environment });
    assert.deepEqual([table.code, table.stderr], [0, ""]);
    const rows = new Map(table.stdout.split("\n").map((line) => [line.split(" ")[0], line.replaceAll(/ {2,}/g, "  ")]));
    assert.equal(rows.get("id"), `id  web-1  file id in ${file}`);
    assert.equal(rows.get("nats_url"), "nats_url  nats://me:***@h:1  environment FLEET_NATS_URL");
    assert.equal(rows.get("log_level"), "log_level  debug  environment FLEET_LOG_LEVEL");
    assert.equal(rows.get("shutdown_timeout"), "shutdown_timeout  5s  flag --shutdown-timeout");
    assert.equal(rows.get("heartbeat_ttl"), "heartbeat_ttl  30s  default");

    const json = await runFleet(["config", "show", "peel", ...flags, "-o", "json"], { environment });
    const document = JSON.parse(json.stdout);
    assert.deepEqual(Object.keys(document), ["schema_version", "peel"]);
    assert.deepEqual(document.peel[0], { name: "id", value: "web-1", source: "file", from: `id in ${file}` });
    const yaml = await runFleet(["config", "show", "peel", ...flags, "-o", "yaml"], { environment });
    assert.deepEqual(parse(yaml.stdout), document);
    for (const { stdout } of [table, json, yaml]) assert.doesNotMatch(stdout, /s3cr3t/);
  });

  it("shows both, peel and master, when none is named", async () => {
    const { code, stdout } = await runFleet(["config", "show", "-o", "json"]);
    assert.equal(code, 0);
    assert.deepEqual(Object.keys(JSON.parse(stdout)), ["schema_version", "peel", "master"]);
  });

  it("names the daemons there are to who asks for another, with 2", async () => {
    const { code, stderr } = await runFleet(["config", "show", "masters"]);
    assert.equal(code, 2);
    assert.match(stderr, /^fleet: there is no daemon 'masters'; there are peel and master\n/);
  });

  it("refuses what the daemon would refuse, with 2", async () => {
    const { code, stdout, stderr } = await runFleet(["config", "show", "master", "--replicas", "9", "-o", "xml"]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^fleet: --replicas: too many; use 1 to 5\nfleet: --output: "xml" is not a format; .*\n$/);
  });
});

describe("fleet config check", () => {
  it("ends with 0 when nothing is wrong", async () => {
    const file = join(folder, "right.yaml");
    await writeFile(file, "count_interval: 5s\nlabel:\n  role: web\n");
    const { code, stdout, stderr } = await runFleet(["config", "check", file]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: `${file}: nothing wrong\n`, stderr: "" });
  });

  it("ends with 2 and names every problem with its line", async () => {
    const file = join(folder, "wrong.yaml");
    await writeFile(file, "# mine\nidd: a\nlabel:\n  bad key: x\nlog_format: xml\n");
    const { code, stdout, stderr } = await runFleet(["config", "check", file]);
    assert.deepEqual([code, stdout], [2, ""]);
    const starts = ["2: unknown key", "4: label bad key:", "5: log_format:"];
    assert.equal(stderr.trimEnd().split("\n").length, starts.length, stderr);
    for (const start of starts) assert.ok(stderr.includes(`fleet: ${file}:${start}`), stderr);
  });

  it("ends with 2 when there is no such file", async () => {
    const { code, stderr } = await runFleet(["config", "check", "/nowhere/fleet.yaml"]);
    assert.equal(code, 2);
    assert.match(stderr, /^fleet: \/nowhere\/fleet\.yaml: ENOENT/);
  });
});
