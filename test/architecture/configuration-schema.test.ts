// Holds docs/fleet.schema.json to what the program accepts.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkConfigurationText, describeConfigurationFile } from "@fleet/cli";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { readText } from "./workspace.ts";

const PAGE = "docs/fleet.schema.json";

const schema = JSON.parse(readText(PAGE));
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

/** What a program says of a text, as an editor with the schema would: YAML 1.2 without quotes is what it looks like. */
function schemaAccepts(text: string): boolean {
  return validate(parse(text));
}

const RIGHT: readonly string[] = [
  "# nothing yet\n",
  "id: web-1",
  "id: 007",
  "id: true",
  "id:",
  "nats_url: nats://a:4222",
  "nats_url: nats://a:4222,tls://b:4222",
  "nats_url: [nats://a:4222, nats://b]",
  "health_addr: 127.0.0.1:9090",
  'health_addr: ":9090"',
  "health_addr: '[::1]:9090'",
  "heartbeat_interval: 1s\nheartbeat_ttl: 1m30s",
  "label: {role: web, version: 1.10, count: 3, on: yes}",
  "label: role=web,zone=eu-1",
  "label: [role=web, zone=eu-1]",
  "replicas: 3",
  "replicas: '3'",
  "heartbeat_storage: memory",
  "metrics_insecure: true",
  "metrics_insecure: '0'",
  "metrics_prefix: zester",
  "log_level: debug\nlog_format: text",
];

const WRONG: readonly string[] = [
  "- a",
  "just text",
  "idd: x",
  "id: a.b",
  "id: [x]",
  "id: 1.5",
  "nats_url: {a: b}",
  "nats_url: [[a]]",
  "health_addr: 9090",
  "health_addr: http",
  "heartbeat_interval: 10",
  "heartbeat_interval: ten seconds",
  "label: {'': x}",
  "label: {role: [web]}",
  "label: role",
  "label: [role]",
  "replicas: 6",
  "replicas: 1.5",
  "replicas: many",
  "heartbeat_storage: disk",
  "metrics_insecure: maybe",
  "metrics_prefix: 9lives",
  "metrics_bearer: a secret has no place in a file",
  "log_level: loud",
  "log_format: xml",
];

/** Beyond what a schema can say: bounds of durations, relations, files that are not there. */
const WRONG_FOR_THE_PROGRAM_ALONE: readonly string[] = [
  "heartbeat_interval: 1ms",
  "heartbeat_interval: 20s",
  "nats_url: http://a",
  "nats_creds: /nowhere/a.creds",
];

describe("the schema of the configuration file", () => {
  test("is the one in the documentation", async () => {
    assert.deepEqual(schema, JSON.parse(JSON.stringify(await describeConfigurationFile())), "run npm run docs");
  });

  for (const text of RIGHT) {
    test(`accepts, as the program does: ${text.trim().replaceAll("\n", "; ")}`, async () => {
      assert.deepEqual(await checkConfigurationText(text), []);
      assert.ok(schemaAccepts(text), JSON.stringify(validate.errors));
    });
  }

  for (const text of WRONG) {
    test(`refuses, as the program does: ${text.replaceAll("\n", "; ")}`, async () => {
      assert.notDeepEqual(await checkConfigurationText(text), []);
      assert.ok(!schemaAccepts(text));
    });
  }

  for (const text of WRONG_FOR_THE_PROGRAM_ALONE) {
    test(`leaves it to the program to refuse: ${text}`, async () => {
      assert.notDeepEqual(await checkConfigurationText(text), []);
      assert.ok(schemaAccepts(text));
    });
  }

  test("accepts the example of the README", () => {
    const examples = [...readText("README.md").matchAll(/```yaml\n(# \/etc\/fleet[\s\S]*?)```/g)];
    assert.ok(examples.length > 0);
    for (const [, text = ""] of examples) assert.ok(schemaAccepts(text), JSON.stringify(validate.errors));
  });
});
