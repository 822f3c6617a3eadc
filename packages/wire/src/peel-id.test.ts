import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isPeelId, peelIdFromHostname } from "./peel-id.ts";

test("the rule for peel ids, case by case", () => {
  const valid = ["a", "A", "7", "web-1", "web_1", "0-_", "x".repeat(128), "constructor", "a--", "a__"];
  const invalid = ["", "_", "_master", "-a", ".", "a.b", "a b", "a/b", "a*", "a>", "ä", "a\n", "\na", "x".repeat(129)];
  for (const id of valid) assert.ok(isPeelId(id), id);
  for (const id of invalid) assert.ok(!isPeelId(id), JSON.stringify(id));
});

test("a peel id is one subject token and one bucket key", () => {
  const unit = fc.constantFrom("a", "7", "-", "_", ".", "*", ">", "$", " ", "\t", "\r", "\n", "\u00a0");
  fc.assert(fc.property(fc.string({ unit, maxLength: 3 }), (text) => !isPeelId(text) || /^[^\s.*>$]+$/.test(text)));
});

test("the default id is the host name with its dots turned to underscores", () => {
  assert.equal(peelIdFromHostname("web1.example.com"), "web1_example_com");
  assert.equal(peelIdFromHostname("Build-7"), "Build-7");
  assert.equal(peelIdFromHostname("10.0.0.7"), "10_0_0_7");
  assert.equal(peelIdFromHostname("host.example.com."), "host_example_com_");
});

test("characters an id cannot have are replaced, and those it cannot begin with are left out", () => {
  assert.equal(peelIdFromHostname("büro pc"), "b-ro-pc");
  assert.equal(peelIdFromHostname("_gateway"), "gateway");
  assert.equal(peelIdFromHostname("-._x"), "x");
});

test("a host name too long for an id is cut, one with nothing usable gives none", () => {
  assert.equal(peelIdFromHostname("n".repeat(300)), "n".repeat(128));
  for (const hostname of ["", ".", "__", "日本"]) assert.equal(peelIdFromHostname(hostname), undefined, hostname);
});

test("whatever the host is called, the default id is valid", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (hostname) => {
      const id = peelIdFromHostname(hostname);
      return id === undefined || isPeelId(id);
    }),
  );
});
