import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { isFleetError } from "@fleet/runtime";
import { type Configuration, describeProblems, type Environment, readConfiguration } from "./configuration.ts";
import { PEEL_SETTINGS } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "fleet-configuration-"));
after(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, "fleet.yaml");
  writeFileSync(path, content);
  return path;
}

function read(flags: Record<string, unknown>, environment: Environment = {}): Configuration {
  return readConfiguration({ settings: PEEL_SETTINGS, flags, environment });
}

function usageError(flags: Record<string, unknown>, environment: Environment = {}): string {
  try {
    read(flags, environment);
  } catch (error) {
    assert.ok(isFleetError(error, "USAGE"));
    return error.message;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

describe("the configuration", () => {
  test("puts flags over environment over file, and says where each value came from", () => {
    const config = file("id: from-file\nhealth_addr: 127.0.0.1:1\nmetrics_prefix: zester\n");
    const { values, sources } = read(
      { config, id: "from-flag" },
      { FLEET_ID: "from-environment", FLEET_HEALTH_ADDR: "127.0.0.1:2" },
    );
    assert.deepEqual(values, { id: "from-flag", healthAddr: "127.0.0.1:2", metricsPrefix: "zester" });
    assert.deepEqual(sources, {
      id: "--id",
      healthAddr: "FLEET_HEALTH_ADDR",
      metricsPrefix: `metrics_prefix in ${config}`,
    });
  });

  test("takes FLEET_NATS_URL before NATS_URL, and an empty variable for none", () => {
    const both = { FLEET_NATS_URL: "nats://a:1", NATS_URL: "nats://b:1" };
    assert.deepEqual(read({}, both).values, { natsUrl: ["nats://a:1"] });
    assert.deepEqual(read({}, { ...both, FLEET_NATS_URL: "" }).values, { natsUrl: ["nats://b:1"] });
    assert.deepEqual(read({}, { FLEET_ID: "" }).values, {});
  });

  test("finds the file by FLEET_CONFIG", () => {
    assert.deepEqual(read({}, { FLEET_CONFIG: file("id: web-1\n") }).values, { id: "web-1" });
  });

  test("takes lists repeated, separated by commas, or as a list in the file", () => {
    const wanted = { natsUrl: ["nats://a:1", "nats://b:1"] };
    assert.deepEqual(read({ natsUrl: ["nats://a:1", "nats://b:1"] }).values, wanted);
    assert.deepEqual(read({ natsUrl: ["nats://a:1, nats://b:1"] }).values, wanted);
    assert.deepEqual(read({}, { NATS_URL: "nats://a:1,nats://b:1" }).values, wanted);
    assert.deepEqual(read({ config: file("nats_url: [nats://a:1, nats://b:1]\n") }).values, wanted);
  });

  test("takes labels repeated, separated by commas, or as a map in the file", () => {
    const wanted = { label: { role: "web", note: "a=b" } };
    assert.deepEqual(read({ label: ["role=web", "note=a=b"] }).values, wanted);
    assert.deepEqual(read({}, { FLEET_LABEL: "role=web,note=a=b" }).values, wanted);
    assert.deepEqual(read({ config: file("label: {role: web, note: a=b}\n") }).values, wanted);
    assert.match(usageError({ label: ["role"] }), /--label: "role" is not of the form key=value/);
  });

  test("takes a switch as a flag, a word or a truth value", () => {
    assert.deepEqual(read({ metricsInsecure: true }).values, { metricsInsecure: true });
    assert.deepEqual(read({}, { FLEET_METRICS_INSECURE: "1" }).values, { metricsInsecure: true });
    assert.deepEqual(read({ config: file("metrics_insecure: false\n") }).values, { metricsInsecure: false });
    assert.match(usageError({}, { FLEET_METRICS_INSECURE: "maybe" }), /FLEET_METRICS_INSECURE: "maybe".*true or false/);
  });

  test("names every unknown key with the nearest that there is", () => {
    const message = usageError({ config: file("helth_addr: x\nnats-url: y\n") });
    assert.match(message, /unknown key "helth_addr"; did you mean "health_addr"\?/);
    assert.match(message, /unknown key "nats-url"; did you mean "nats_url"\?/);
  });

  test("accepts the keys of the other role, so that peel and master can share a file", () => {
    assert.deepEqual(read({ config: file("replicas: 3\nid: web-1\n") }).values, { id: "web-1" });
  });

  test("takes an empty file for one without settings", () => {
    assert.deepEqual(read({ config: file("# nothing yet\n") }).values, {});
  });

  test("refuses a file that is missing, broken or not a map, naming it", () => {
    const missing = join(folder, "nowhere.yaml");
    assert.ok(usageError({ config: missing }).includes(missing));
    assert.match(usageError({ config: file("id: [\n") }), /--config .*fleet\.yaml/);
    assert.match(usageError({ config: file("- id\n") }), /a map of settings is wanted/);
  });

  test("describes a problem by the flag, with the source where that is another", () => {
    const configuration = read({ id: "a.b" }, { FLEET_HEARTBEAT_TTL: "x", FLEET_LABEL: "a b=c" });
    const problems = [
      { option: "id", message: "wrong" },
      { option: "heartbeatTtl", message: "wrong" },
      { option: "natsUrl.0", message: "wrong" },
      { option: "label.a b", message: "wrong" },
    ];
    assert.deepEqual(describeProblems(problems, PEEL_SETTINGS, configuration), [
      "--id: wrong",
      "--heartbeat-ttl (from FLEET_HEARTBEAT_TTL): wrong",
      "--nats-url: wrong",
      "--label (from FLEET_LABEL) a b: wrong",
    ]);
  });
});
