import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutSecrets } from "./configuration-value.ts";

const shown = (name: string, value: unknown) => withoutSecrets([{ name, value, source: "default" }])[0]?.value;

test("user and password of a URL are never shown, wherever the URL is", () => {
  assert.equal(shown("nats_url", "nats://me:secret@nats-1:4222/x"), "nats://***@nats-1:4222/x");
  assert.equal(shown("nats_url", "nats://token@nats-1:4222"), "nats://***@nats-1:4222");
  assert.equal(shown("nats_url", "tls://a:p@ss@h,ws://b:c@h2"), "tls://***@h,ws://***@h2");
  assert.deepEqual(shown("nats_url", ["nats://a:b@h", "nats://h2:4222"]), ["nats://***@h", "nats://h2:4222"]);
  assert.deepEqual(shown("label", { proxy: "http://u:p@proxy" }), { proxy: "http://***@proxy" });
});

test("what is called a secret is hidden, the name of its file is not", () => {
  for (const name of ["metrics_bearer", "token", "nats_password", "client.secret", "api_key"]) {
    assert.equal(shown(name, "abc"), "***", name);
  }
  assert.equal(shown("metrics_bearer_file", "/run/secrets/metrics"), "/run/secrets/metrics");
  assert.deepEqual(shown("label", { token: "abc", zone: "eu" }), { token: "***", zone: "eu" });
});

test("other values are shown as they are, and what is no plain value is not", () => {
  assert.equal(shown("replicas", 3), 3);
  assert.equal(shown("metrics_insecure", false), false);
  assert.equal(shown("email", "ops@example.org"), "ops@example.org");
  assert.equal(shown("id", undefined), null);
  assert.equal(
    shown("nats_creds", () => "secret"),
    "***",
  );
});
