import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { isFleetError } from "@fleet/runtime";
import { type ConfigurationInput, describeProblems, readConfiguration } from "./configuration.ts";
import { LOG_SETTINGS, PEEL_SETTINGS } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "fleet-configuration-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const settings = [...PEEL_SETTINGS, ...LOG_SETTINGS];

/** Writes a configuration file and gives back its path. */
function file(text: string): string {
  const path = join(folder, "fleet.yaml");
  writeFileSync(path, text);
  return path;
}

function read(input: Partial<ConfigurationInput>) {
  return readConfiguration({ settings, flags: {}, environment: {}, ...input });
}

function usageError(input: Partial<ConfigurationInput>): string {
  try {
    read(input);
  } catch (error) {
    assert.ok(isFleetError(error, "USAGE"));
    return error.message;
  }
  return assert.fail("the configuration was taken");
}

describe("the order of sources", () => {
  const config = () => file("id: from-file");

  test("a flag wins over the environment, that over the file", () => {
    const environment = { FLEET_ID: "from-environment" };
    const from = (input: Partial<ConfigurationInput>) => read(input).values["id"];
    assert.equal(from({ flags: { id: "from-flag", config: config() }, environment }), "from-flag");
    assert.equal(from({ flags: { config: config() }, environment }), "from-environment");
    assert.equal(from({ flags: { config: config() } }), "from-file");
    assert.equal(from({}), undefined);
  });

  test("it is known where a value came from", () => {
    const path = file("log_level: warn\nid: x");
    const { sources } = read({ flags: { config: path, id: "a" }, environment: { NATS_URL: "b" } });
    assert.deepEqual(sources, { id: "--id", natsUrl: "NATS_URL", logLevel: `log_level in ${path}` });
  });

  test("FLEET_NATS_URL wins over NATS_URL", () => {
    const both = { FLEET_NATS_URL: "nats://fleet", NATS_URL: "nats://others" };
    assert.deepEqual(read({ environment: both }).values["natsUrl"], ["nats://fleet"]);
    assert.deepEqual(read({ environment: { ...both, FLEET_NATS_URL: "" } }).values["natsUrl"], ["nats://others"]);
  });

  test("an empty variable is as good as none, and so is a key without a value", () => {
    assert.deepEqual(read({ environment: { FLEET_ID: "", NATS_URL: "", FLEET_CONFIG: "" } }).values, {});
    assert.deepEqual(read({ flags: { config: file("id:\nlog_level: ~\nnats_url: null\nlabel: ''") } }).values, {});
  });

  test("the flag of a switch may be off only elsewhere", () => {
    const path = file("metrics_insecure: true");
    const from = (input: Partial<ConfigurationInput>) => read(input).values["metricsInsecure"];
    assert.equal(from({ flags: { config: path } }), true);
    assert.equal(from({ flags: { config: path }, environment: { FLEET_METRICS_INSECURE: "false" } }), false);
    assert.equal(from({ flags: { metricsInsecure: true }, environment: { FLEET_METRICS_INSECURE: "0" } }), true);
  });
});

describe("the configuration file", () => {
  test("is named by --config, or else by FLEET_CONFIG", () => {
    const environment = { FLEET_CONFIG: file("id: named") };
    assert.equal(read({ environment }).values["id"], "named");
    assert.match(
      usageError({ flags: { config: "/nowhere/a.yaml" }, environment }),
      /^--config \/nowhere\/a.yaml: ENOENT/,
    );
  });

  test("gives lists and maps in the forms of YAML", () => {
    const { values } = read({
      flags: { config: file("nats_url: [a, b]\nlabel:\n  role: web\n  zone: eu-1\nreplicas: 3\nlog_format: text") },
    });
    assert.deepEqual(values, { natsUrl: ["a", "b"], label: { role: "web", zone: "eu-1" }, logFormat: "text" });
  });

  test("keeps values as they are written: 1.10 is no number, nor is 007", () => {
    const { values } = read({ flags: { config: file("id: 007\nlabel: {version: 1.10, on: yes, x: true}") } });
    assert.deepEqual(values, { id: "007", label: { version: "1.10", on: "yes", x: "true" } });
  });

  test("may have the keys of a master in it and be empty", () => {
    assert.deepEqual(read({ flags: { config: file("count_interval: 5s\nreplicas: 3") } }).problems, []);
    assert.deepEqual(read({ flags: { config: file("# nothing yet\n") } }).values, {});
  });

  test("with unknown keys is refused, with the nearest known ones", () => {
    const path = file("natsurl: x\nhealth-addr: y\nid: a");
    const configuration = read({ flags: { config: path } });
    assert.deepEqual(configuration.problems, [
      `--config ${path}: unknown key "natsurl"; did you mean "nats_url"?`,
      `--config ${path}: unknown key "health-addr"; did you mean "health_addr"?`,
    ]);
    assert.equal(configuration.values["id"], "a");
  });

  test("is named as the variable when that named it", () => {
    const path = file("idd: x");
    const { problems } = read({ environment: { FLEET_CONFIG: path } });
    assert.deepEqual(problems, [`FLEET_CONFIG ${path}: unknown key "idd"; did you mean "id"?`]);
    assert.match(usageError({ environment: { FLEET_CONFIG: folder } }), /^FLEET_CONFIG .*: EISDIR/);
  });

  test("has to be a map", () => {
    for (const text of ["- a", "just text", "5"]) {
      assert.match(
        usageError({ flags: { config: file(text) } }),
        /^--config .*fleet.yaml: a map of settings is wanted/,
      );
    }
  });

  test("that is no YAML is refused with the place", () => {
    assert.match(usageError({ flags: { config: file("id: a\nid: b") } }), /:2: Map keys must be unique$/);
  });

  test("cannot hold a bomb", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 9; level += 1) {
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(", ")}]`,
      );
    }
    assert.match(usageError({ flags: { config: file(lines.join("\n")) } }), /Excessive alias count/);
  });
});

describe("problems in words", () => {
  test("name the source of a value of the wrong form, all of them at once", () => {
    const { problems, values } = read({
      flags: { label: ["role"], config: file("nats_ca: [x]") },
      environment: { FLEET_METRICS_INSECURE: "maybe", FLEET_ID: "a" },
    });
    assert.deepEqual(problems, [
      `--nats-ca (from nats_ca in ${join(folder, "fleet.yaml")}): a single value is wanted, a file`,
      '--label: "role" is not of the form key=value',
      '--metrics-insecure (from FLEET_METRICS_INSECURE): "maybe" is not a yes or no; write true or false',
    ]);
    assert.deepEqual(values, { id: "a" });
  });

  test("name the flag, where the value came from, and the member of a list or map", () => {
    const configuration = read({
      flags: { natsUrl: ["a", "b"], id: "x" },
      environment: { FLEET_LABEL: "a b=c", FLEET_LOG_LEVEL: "loud" },
    });
    const options = ["id", "logLevel", "natsUrl.1", "label.a b", "heartbeatTtl", "somethingElse"];
    const problems = options.map((option) => ({ option, message: "wrong" }));
    assert.deepEqual(describeProblems(problems, settings, configuration), [
      "--id: wrong",
      "--log-level (from FLEET_LOG_LEVEL): wrong",
      "--nats-url, number 2: wrong",
      "--label (from FLEET_LABEL) a b: wrong",
      "--heartbeat-ttl: wrong",
      "somethingElse: wrong",
    ]);
  });

  test("do not number the only member of a list", () => {
    const configuration = read({ flags: { natsUrl: ["a"] } });
    const told = describeProblems([{ option: "natsUrl.0", message: "wrong" }], settings, configuration);
    assert.deepEqual(told, ["--nats-url: wrong"]);
  });
});
