import assert from "node:assert/strict";
import { hostname, totalmem } from "node:os";
import { test } from "node:test";
import { decodeFacts, encodeFacts, FACTS_MAX_BYTES, factText } from "@fleet/wire";
import { collectFacts, factsDigest } from "./facts-collector.ts";

const SOURCE = { version: "1.2.3", labels: { role: "web", "rack.row": "7" } };

test("the facts tell the machine under the names that listings read", () => {
  const facts = collectFacts(SOURCE);
  assert.equal(factText(facts, "os", "name"), process.platform);
  assert.match(factText(facts, "os", "arch") ?? "", /^(amd64|arm64|386|[a-z0-9]+)$/);
  assert.notEqual(factText(facts, "os", "arch"), "x64");
  assert.equal(factText(facts, "network", "hostname"), hostname());
  assert.equal(factText(facts, "peel", "version"), "1.2.3");
  assert.deepEqual(facts["memory"], { total_bytes: totalmem() });
  assert.deepEqual(facts["labels"], SOURCE.labels);
});

test("the facts survive the wire, well below their limit", () => {
  const facts = collectFacts(SOURCE);
  const bytes = encodeFacts(facts);
  assert.ok(bytes.length < FACTS_MAX_BYTES / 10, String(bytes.length));
  assert.deepEqual(decodeFacts(bytes), { ok: true, value: facts });
});

test("what changes from minute to minute is not among the facts", () => {
  assert.equal(factsDigest(collectFacts(SOURCE)), factsDigest(collectFacts(SOURCE)));
});

test("facts have one digest in whatever order they stand, and another as soon as one differs", () => {
  const digest = factsDigest({ os: { name: "linux", arch: "amd64" }, labels: { a: "1", b: "2" } });
  assert.equal(factsDigest({ labels: { b: "2", a: "1" }, os: { arch: "amd64", name: "linux" } }), digest);
  const others = [
    { os: { name: "linux", arch: "arm64" }, labels: { a: "1", b: "2" } },
    { os: { name: "linux", arch: "amd64" }, labels: { a: "1" } },
    { os: { name: "linux", arch: "amd64" }, labels: { a: "2", b: "1" } },
    { os: { name: "linux", arch: "amd64" }, labels: { a: 1, b: "2" } },
  ];
  for (const facts of others) assert.notEqual(factsDigest(facts), digest, JSON.stringify(facts));
});
