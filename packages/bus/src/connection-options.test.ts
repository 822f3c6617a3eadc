import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { InvalidOptionsError, isFleetError } from "@fleet/runtime";
import fc from "fast-check";
import { type ConnectionOptions, resolveConnectionOptions } from "./connection-options.ts";

const resolve = (options: Partial<ConnectionOptions>) => resolveConnectionOptions({ name: "test", ...options });

function problemsOf(options: unknown): { option: string; message: string }[] {
  try {
    resolveConnectionOptions(options as ConnectionOptions);
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError && isFleetError(error, "INVALID_OPTIONS"), inspect(error));
    return [...error.problems];
  }
  return [];
}

const messageFor = (...urls: string[]): string =>
  problemsOf({ name: "test", urls })
    .map(({ option, message }) => `${option}: ${message}`)
    .join("; ");

test("without URLs the server of this machine is meant, and times have their defaults", () => {
  assert.deepEqual(resolve({}), {
    servers: ["127.0.0.1:4222"],
    shownUrls: ["nats://127.0.0.1:4222"],
    name: "test",
    inboxPrefix: "_INBOX",
    tls: false,
    user: undefined,
    password: undefined,
    token: undefined,
    creds: undefined,
    login: undefined,
    ca: undefined,
    dialTimeoutMs: 3_000,
    pingIntervalMs: 10_000,
  });
});

test("a URL may leave out its scheme and its port, and name a host in any way", () => {
  const table: [string, string][] = [
    ["nats", "nats:4222"],
    ["nats:4333", "nats:4333"],
    ["nats://broker.example", "broker.example:4222"],
    ["NATS://Broker_1.example:80/", "Broker_1.example:80"],
    ["tls://10.0.0.7:443", "10.0.0.7:443"],
    ["nats://[::1]", "[::1]:4222"],
    ["nats://[fe80::7]:4333", "[fe80::7]:4333"],
  ];
  for (const [url, server] of table) assert.deepEqual(resolve({ urls: [url] }).servers, [server], url);
});

test("one URL with tls, or a file of authorities, asks for TLS", () => {
  assert.equal(resolve({ urls: ["nats://a", "tls://b"] }).tls, true);
  assert.equal(resolve({ urls: ["nats://a"], ca: () => "authorities" }).tls, true);
  assert.equal(resolve({ urls: ["nats://a"] }).tls, false);
});

test("credentials stand in the first URL, escaped where they must be, and are never shown", () => {
  const withUser = resolve({ urls: ["nats://fleet:p%40ss%3Aw%2F%25@a", "nats://b"] });
  assert.deepEqual([withUser.user, withUser.password, withUser.token], ["fleet", "p@ss:w/%", undefined]);
  assert.deepEqual(withUser.shownUrls, ["nats://a:4222", "nats://b:4222"]);
  assert.deepEqual(withUser.servers, ["a:4222", "b:4222"]);
  const withToken = resolve({ urls: ["nats://s3cr3t@a"] });
  assert.deepEqual([withToken.user, withToken.password, withToken.token], [undefined, undefined, "s3cr3t"]);
  assert.deepEqual(resolve({ urls: ["nats://u:p@a", "nats://u:p@b"] }).user, "u");
});

test("a URL that cannot be used is named with what is wrong with it", () => {
  const table: [string, RegExp][] = [
    ["", /^urls\.0: the host is missing; write nats:\/\/host:port or tls:\/\/host:port$/],
    ["nats://", /the host is missing/],
    ["nats://fleet:Horse7@", /not a URL|the host is missing/],
    ["http://a", /"http:\/\/" is not a NATS URL/],
    ["ws://a:Horse7@b", /"ws:\/\/" is not a NATS URL/],
    ["fleet:Horse7@nats://a", /^urls\.0: not a URL/],
    ["nats://a:99999", /not a URL/],
    ["nats://a:0", /there is no port 0/],
    ["nats://a:port", /not a URL/],
    ["nats://a/x", /a path has no meaning here/],
    ["nats://a?tls=Horse7", /a path has no meaning here/],
    ["nats://a,b", /not a host name; .*one URL for each server/],
    ["nats://a:4222,nats://b:4222", /not a URL/],
    ["nats://fleet:Horse7/x@a", /not a URL/],
    ["nats://fleet:Horse7%zz@a", /a % that begins no escape; write %25 for a %/],
    ["nats://:Horse7@a", /there is a password but no user/],
    ["nats://a b", /not a (URL|host name)/],
  ];
  for (const [url, expected] of table) {
    const message = messageFor(url);
    assert.match(message, expected, url);
    assert.doesNotMatch(message, /Horse7/);
  }
});

test("no URL, however it is mistyped, puts its password into an error", () => {
  const junk = fc.constantFrom(
    "nats",
    "tls",
    ":",
    "/",
    "//",
    "@",
    "%",
    "[",
    "]",
    ",",
    "host",
    "4222",
    " ",
    "?",
    "#",
    "\\",
  );
  const url = fc.array(junk, { maxLength: 12 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(url, fc.nat(), (text, at) => {
      const place = at % (text.length + 1);
      const secret = `${text.slice(0, place)}Horse7battery${text.slice(place)}`;
      assert.doesNotMatch(messageFor(secret), /Horse7battery/i, secret);
    }),
    { numRuns: 2_000 },
  );
});

test("other credentials in a later URL are a problem: only one login can be used", () => {
  const later = messageFor("nats://u:p@a", "nats://u:Horse7@b", "nats://c", "nats://Horse7@d");
  assert.equal(later, "urls.1: credentials stand in the first URL; urls.3: credentials stand in the first URL");
  assert.equal(messageFor("nats://a", "nats://u:p@b"), "urls.1: credentials stand in the first URL");
});

test("all problems are told at once, and none of the values that may be secret", () => {
  const problems = problemsOf({
    name: "",
    urls: ["http://u:Horse7@a", "nats://b/x"],
    inboxPrefix: "my inbox.*",
    creds: "Horse7",
    dialTimeout: "fast",
    pingInterval: "5ms",
    password: "Horse7",
  });
  assert.deepEqual(problems.map(({ option }) => option).sort(), [
    "creds",
    "dialTimeout",
    "inboxPrefix",
    "name",
    "password",
    "pingInterval",
    "urls.0",
    "urls.1",
  ]);
  assert.doesNotMatch(inspect(problems), /Horse7/);
  assert.match(messageFor(), /no server given/);
});
