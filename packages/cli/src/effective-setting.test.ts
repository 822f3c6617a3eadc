import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readConfiguration } from "./configuration.ts";
import { DAEMONS } from "./daemon-name.ts";
import { loadDaemonSettings } from "./daemon-settings.ts";
import { configurationValues, effectiveSettings, redactUrl } from "./effective-setting.ts";
import { resolveValues } from "./resolve-settings.ts";
import { setting } from "./setting.ts";
import { MASTER_SETTINGS, PEEL_SETTINGS } from "./settings.ts";

describe("the settings in force", () => {
  const configuration = readConfiguration({
    settings: PEEL_SETTINGS,
    flags: { label: ["role=web"] },
    environment: { NATS_URL: "nats://me:secret@a,nats://b", METRICS_BEARER: "a-token" },
  });
  const shown = effectiveSettings(PEEL_SETTINGS, configuration, { id: "host-1" });
  const find = (name: string) => shown.find((each) => each.name === name);

  test("have their value and what it comes from", () => {
    assert.deepEqual(find("label"), { name: "label", value: { role: "web" }, origin: "flag", source: "--label" });
    assert.deepEqual(find("heartbeat_ttl"), {
      name: "heartbeat_ttl",
      value: "30s",
      origin: "default",
      source: undefined,
    });
    assert.equal(find("metrics_insecure")?.value, false);
    assert.equal(find("nats_creds")?.value, null);
    assert.deepEqual([find("id")?.value, find("id")?.origin], ["host-1", "default"]);
  });

  test("have no secret", () => {
    assert.deepEqual(find("nats_url"), {
      name: "nats_url",
      value: ["nats://me:***@a", "nats://b"],
      origin: "environment",
      source: "NATS_URL",
    });
    assert.equal(find("metrics_bearer")?.value, "***");
    assert.doesNotMatch(JSON.stringify(shown), /secret|a-token/);
  });

  test("are told to /env with their source in words", () => {
    const told = configurationValues(shown).filter(({ name }) => ["id", "label"].includes(name));
    assert.deepEqual(told, [
      { name: "id", value: "host-1", source: "default" },
      { name: "label", value: { role: "web" }, source: "--label" },
    ]);
  });
});

test("a URL is shown without its password or token, however it is mistyped", () => {
  const cases = [
    ["nats://a:4222", "nats://a:4222"],
    ["nats://me:secret@a:4222", "nats://me:***@a:4222"],
    ["nats://secret@a", "nats://***@a"],
    ["nats://:secret@a", "nats://***@a"],
    ["me:secret@a", "me:***@a"],
    ["nats://me:se@cr/et@a", "nats://me:***@a"],
    ["NATS:/me:secret@a", "NATS:***@a"],
  ];
  for (const [url = "", shown] of cases) assert.equal(redactUrl(url), shown);
});

for (const name of DAEMONS) {
  test(`the defaults told of a ${name} are those in force`, async () => {
    const { settings, resolvers } = await loadDaemonSettings(name);
    const told = Object.fromEntries(
      effectiveSettings(settings, { values: {}, sources: {}, origins: {}, problems: [] })
        .filter(({ value }) => value !== null)
        .map(({ name: key, value }) => [settings.find((item) => item.key === key)?.option ?? key, value]),
    );
    const resolve = (values: Record<string, unknown>) => {
      const { parts, problems } = resolveValues({ id: "any", ...values }, resolvers);
      assert.deepEqual(problems, []);
      return JSON.parse(JSON.stringify(parts));
    };
    assert.deepEqual(resolve(told), resolve({}));
    assert.ok(Object.keys(told).length >= 8);
  });
}

test("every secret is the environment's alone", () => {
  for (const { flag, placeholder, environmentOnly } of [...PEEL_SETTINGS, ...MASTER_SETTINGS]) {
    assert.equal(["token", "password"].includes(placeholder), environmentOnly, flag);
  }
  assert.equal(setting("a", "b").environmentOnly, false);
});
