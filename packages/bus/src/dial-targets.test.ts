import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOptions } from "./client-options.ts";
import { resolveConnectionOptions } from "./connection-options.ts";
import { dialTargets, hostOf } from "./dial-targets.ts";

const config = resolveConnectionOptions({ name: "test", urls: ["tls://a", "tls://10.0.0.7:4333", "tls://[::1]"] });
const named = (server: string, tlsHost: string) => ({ server, tlsHost });

const NO_SECRETS = { ca: undefined, login: undefined };

test("the servers configured come first, in an order drawn by chance, then those that the cluster told of", () => {
  const configured = [named("a:4222", "a"), named("10.0.0.7:4333", "10.0.0.7"), named("[::1]:4222", "::1")];
  const told = [named("10.0.0.8:4222", "a"), named("a:4222", "a")];
  assert.deepEqual(
    dialTargets(config, told, () => 0),
    [...configured, told[0]],
  );
  const falling = [0.9, 0.5, 0.1, 0.2];
  const drawn = dialTargets(config, told, () => falling.shift() ?? 0);
  assert.deepEqual(drawn, [...configured.toReversed(), told[0]]);
});

test("the host is what stands before the port, an IPv6 address without its brackets", () => {
  const table = { "a:4222": "a", "10.0.0.7:1": "10.0.0.7", "[::1]:4222": "::1", "nats.example:4222": "nats.example" };
  for (const [server, host] of Object.entries(table)) assert.equal(hostOf(server), host);
});

test("the certificate is held against the host dialled, be it a name or an address", () => {
  const tlsOf = (tlsHost: string) =>
    clientOptions(config, { server: "a:4222", tlsHost }, { ca: "PEM", login: undefined }).tls;
  assert.deepEqual(tlsOf("a"), { servername: "a", ca: "PEM" });
  assert.deepEqual(tlsOf("10.0.0.7"), { host: "10.0.0.7", ca: "PEM" });
  assert.deepEqual(tlsOf("::1"), { host: "::1", ca: "PEM" });
  const plain = resolveConnectionOptions({ name: "test" });
  assert.equal(clientOptions(plain, { server: "a:4222", tlsHost: "a" }, NO_SECRETS).tls, undefined);
});

test("a login that was asked for counts instead of what stands in the URL", () => {
  const target = { server: "a:4222", tlsHost: "a" };
  for (const url of ["nats://u:p@a", "nats://token@a"]) {
    const named = resolveConnectionOptions({ name: "test", urls: [url] });
    const { user, pass, token } = clientOptions(named, target, {
      ca: undefined,
      login: { user: "sys", password: "now" },
    });
    assert.deepEqual([user, pass, token], ["sys", "now", undefined]);
  }
  const own = clientOptions(resolveConnectionOptions({ name: "test", urls: ["nats://u:p@a"] }), target, NO_SECRETS);
  assert.deepEqual([own.user, own.pass], ["u", "p"]);
});
