import assert from "node:assert/strict";
import { test } from "node:test";
import { camelCase, environmentName, fileKey } from "./setting-names.ts";

test("a setting has one name in four spellings", () => {
  const spelt = (name: string) => [camelCase(name), environmentName(name), fileKey(name)];
  assert.deepEqual(spelt("id"), ["id", "FLEET_ID", "id"]);
  assert.deepEqual(spelt("nats-url"), ["natsUrl", "FLEET_NATS_URL", "nats_url"]);
  assert.deepEqual(spelt("a-b-c"), ["aBC", "FLEET_A_B_C", "a_b_c"]);
});
